/** What a page is asked from inside, as scripts: this code knows no types of a browser. */

/** Texts whose contrast to what is beneath them is below WCAG AA, with colours and ratio. */
export const faintTexts = `(() => {
  const parse = (text) => {
    const numbers = (text.match(/-?[\\d.]+(?:e-?\\d+)?/g) ?? []).map(Number)
    const scale = text.startsWith("color(") ? 255 : 1
    return [numbers[0] * scale, numbers[1] * scale, numbers[2] * scale, numbers[3] ?? 1]
  }
  const over = (top, under) => [0, 1, 2].map((at) => top[at] * top[3] + under[at] * (1 - top[3])).concat(1)
  const light = (rgb) => {
    const [r, g, b] = rgb.map((c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4))
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }
  const groundOf = (element) => {
    const layers = []
    for (let at = element; at; at = at.parentElement) layers.push(parse(getComputedStyle(at).backgroundColor))
    return layers.reverse().reduce((under, top) => over(top, under), [255, 255, 255, 1])
  }
  const found = []
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement
    const text = walker.currentNode.textContent.trim()
    if (text === "" || /^(SCRIPT|STYLE|TITLE|title)$/.test(element.tagName) || element.getClientRects().length === 0) continue
    const style = getComputedStyle(element)
    const ground = groundOf(element)
    const ink = over(parse(style.color), ground)
    const [bright, dark] = [light(ink.slice(0, 3)), light(ground.slice(0, 3))].sort((a, b) => b - a)
    const ratio = (bright + 0.05) / (dark + 0.05)
    const size = parseFloat(style.fontSize)
    const least = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700) ? 3 : 4.5
    if (ratio < least) found.push(text.slice(0, 30) + ": " + style.color + " on " + ground.join(" ") + " is " + ratio.toFixed(2))
  }
  return found
})()`

/** How far the page is wider than its window, and what sticks out where it is. */
export const stickingOut = `(() => {
  const over = document.documentElement.scrollWidth - document.documentElement.clientWidth
  if (over <= 0) return []
  return [...document.querySelectorAll("body *")]
    .filter((each) => each.getBoundingClientRect().right > innerWidth + 0.5 && !each.parentElement.closest(".scroll"))
    .map((each) => each.tagName + "." + each.className)
})()`

/** Cells of the first rows of a table, as they are shown. */
export const cellsOf = (table: string): string =>
  `[...document.querySelectorAll(${JSON.stringify(`${table} tbody tr`)})].map((row) => [...row.children].map((cell) => cell.textContent))`

/** Controls that are too small to be hit: WCAG 2.2, 2.5.8 asks for 24 by 24. */
export const tooSmall = `[...document.querySelectorAll("button, input, select, nav a")]
  .map((each) => [each, each.getBoundingClientRect()])
  .filter(([, box]) => box.width > 0 && (box.width < 24 || box.height < 24))
  .map(([each, box]) => each.outerHTML.slice(0, 60) + " " + box.width + " × " + box.height)`

/** Controls without a name that a screen reader could say. */
export const nameless = `[...document.querySelectorAll("button, input, select, [tabindex]")]
  .filter((each) => !(each.textContent.trim() || each.getAttribute("aria-label") || each.closest("label")))
  .map((each) => each.outerHTML.slice(0, 80))`

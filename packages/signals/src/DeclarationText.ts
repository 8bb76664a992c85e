/**
 * Text → plain data with the line of each of its parts. YAML 1.2, of which JSON is a part; aliases, tags, further
 * documents and repeated keys are refused, and text and nesting are bounded before anything else looks at them.
 */
import { isAlias, isMap, isNode, isScalar, isSeq, LineCounter, type Node, parseDocument, visit } from "yaml"
import { InvalidDeclaration } from "./InvalidDeclaration.ts"

export const textMax = 65_536
const nestingMax = 12

export interface ReadText {
  readonly value: unknown
  /** The line, from 1, on which that part begins; of a missing one, where what should hold it begins. */
  readonly line: (path: ReadonlyArray<PropertyKey>) => number | undefined
}

const remedies: Readonly<Record<string, string>> = {
  DUPLICATE_KEY: "Keep one of them.",
  MULTIPLE_DOCS: "Keep one document a file.",
  TAB_AS_INDENT: "Indent with spaces."
}

const fault = (line: number | undefined, problem: string, remedy: string): InvalidDeclaration =>
  new InvalidDeclaration({ faults: [{ path: "", ...(line === undefined ? {} : { line }), problem, remedy }] })

/** Deeper than any document needs to be; counted in the text, so that no parser recurses that far. */
const nestedTooDeep = (text: string): boolean => {
  let open = 0
  for (const character of text) {
    if (character === "[" || character === "{") open++
    else if (character === "]" || character === "}") open = Math.max(0, open - 1)
    if (open > 10 * nestingMax) return true
  }
  return false
}

/** Throws InvalidDeclaration. */
export const readText = (text: string): ReadText => {
  if (text.length > textMax)
    throw fault(undefined, `it has ${text.length} characters`, `At most ${textMax} are read: declare less.`)
  if (nestedTooDeep(text)) throw fault(undefined, "it is nested too deep", `Nest at most ${nestingMax} levels.`)
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, stringKeys: true, version: "1.2" })
  const lineOf = (offset: number | undefined): number | undefined =>
    offset === undefined ? undefined : lines.linePos(offset).line
  const [error] = [...document.errors, ...document.warnings]
  if (error !== undefined)
    throw fault(
      lineOf(error.pos[0]),
      `it is no YAML or JSON: ${error.message}`,
      remedies[error.code] ?? "Mend it there; between { } a condition with brackets stands in quotes."
    )
  visit(document, (_key, node, parents) => {
    if (isAlias(node) || (isNode(node) && node.tag !== undefined && node.tag !== "" && !isPlain(node)))
      throw fault(lineOf(node.range?.[0]), "aliases and tags have no place here", "Write the value itself.")
    if (parents.length > 2 * nestingMax)
      throw fault(undefined, "it is nested too deep", `Nest at most ${nestingMax} levels.`)
  })
  return {
    value: document.toJS({ maxAliasCount: 0 }) as unknown,
    line: (path) => lineOf(offsetAt(document.contents, path))
  }
}

const isPlain = (node: Node): boolean =>
  isScalar(node) || isMap(node) || isSeq(node) ? node.tag!.startsWith("tag:yaml.org,2002:") : false

const offsetAt = (root: Node | null, path: ReadonlyArray<PropertyKey>): number | undefined => {
  let node: unknown = root
  let offset = root?.range?.[0]
  for (const key of path) {
    if (isMap(node)) {
      const pair = node.items.find((each) => isScalar(each.key) && each.key.value === key)
      if (pair === undefined) return offset
      offset = isNode(pair.key) ? (pair.key.range?.[0] ?? offset) : offset
      node = pair.value
    } else if (isSeq(node)) {
      node = node.items[Number(key)]
      offset = isNode(node) ? (node.range?.[0] ?? offset) : offset
    } else return offset
  }
  return offset
}

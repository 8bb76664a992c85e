/** The fenced code blocks of a Markdown text, so that tests run what the documents say. */

export interface CodeBlock {
  /** As it stands after the fence; empty where nothing does. */
  readonly language: string
  readonly text: string
}

/** In the order they stand. */
export const codeBlocks = (markdown: string): ReadonlyArray<CodeBlock> =>
  Array.from(markdown.matchAll(/^```([a-z]*)\n(.*?)^```$/gms), ([, language = "", text = ""]) => ({ language, text }))

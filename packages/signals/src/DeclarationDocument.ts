/**
 * Declared signals in and out: YAML or JSON read and checked, written back in one canonical form. What is written reads
 * back equal.
 */
import { stringify } from "yaml"
import { type Declaration, normalForm } from "./Declaration.ts"
import { checkDeclaration } from "./DeclarationCheck.ts"
import { shapeOf } from "./DeclarationShape.ts"
import { readText } from "./DeclarationText.ts"

/** YAML or JSON → a declaration that runs. Throws InvalidDeclaration with every fault found. */
export const parseDeclaration = (text: string): Declaration => {
  const read = readText(text)
  const declaration = normalForm(shapeOf(read))
  checkDeclaration(declaration, read.line)
  return declaration
}

/** Canonical YAML. */
export const toYaml = (declaration: Declaration): string =>
  stringify(declaration, { version: "1.2", lineWidth: 0, aliasDuplicateObjects: false })

/** Canonical JSON. */
export const toJson = (declaration: Declaration): string => `${JSON.stringify(declaration, undefined, 2)}\n`

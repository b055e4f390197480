import { createHash } from 'node:crypto'
import { join } from 'node:path'
import ts from 'typescript'
import { expect, test } from 'vitest'
import { calls } from '../../../electron/contract/calls.ts'
import { hostProtocol, ownCalls } from '../../../electron/contract/command-calls.ts'
import { projectFolder } from '../../support/temp-project.ts'

test('the protocol gets another number with every change of what host and commands say to each other', () => {
  const shapes: Readonly<Record<number, string>> = { 7: '93435f427ecde04d' }
  const shape = shapeOf('electron/contract/command-calls.ts', ['CommandHandlers', 'HostEvents'])
  expect(shape, 'raise `hostProtocol` and add its shape here').toBe(shapes[hostProtocol])
})

test('the page, whose calls are those of the contract, has none of what is only for commands', () => {
  for (const name of Object.keys(ownCalls)) expect(calls).not.toHaveProperty(name)
})

/** A hash of types and all that they consist of. How their parts are called in the code makes no difference. */
function shapeOf(file: string, names: readonly string[]): string {
  const path = join(projectFolder, file)
  const program = ts.createProgram([path], {
    strict: true,
    exactOptionalPropertyTypes: true,
    noEmit: true,
    allowImportingTsExtensions: true,
    module: ts.ModuleKind.NodeNext,
    target: ts.ScriptTarget.ESNext,
    types: [],
  })
  const checker = program.getTypeChecker()
  const source = program.getSourceFile(path)
  const exports = (source && checker.getSymbolAtLocation(source)?.exports) ?? new Map<string, ts.Symbol>()

  function textOf(type: ts.Type, outer: readonly ts.Type[]): string {
    // Either side may learn new ones from the other: they only have no text.
    if (type.symbol?.name === 'Failure') return 'Failure'
    // A type within itself.
    if (outer.includes(type)) return `^${outer.length - outer.indexOf(type)}`
    const inner = (one: ts.Type) => textOf(one, [...outer, type])
    const textOfProperty = (property: ts.Symbol) =>
      `${property.name}${property.flags & ts.SymbolFlags.Optional ? '?' : ''}:${inner(checker.getTypeOfSymbol(property))}`
    if (type.isUnion()) return `(${type.types.map(inner).sort().join('|')})`
    if (checker.isArrayType(type) || checker.isTupleType(type))
      return `[${checker
        .getTypeArguments(type as ts.TypeReference)
        .map(inner)
        .join(',')}]`
    const [call] = type.getCallSignatures()
    if (call) {
      const result = checker.getAwaitedType(call.getReturnType()) ?? call.getReturnType()
      return `(${call.getParameters().map(textOfProperty).join(',')})=>${inner(result)}`
    }
    if (!(type.flags & (ts.TypeFlags.Object | ts.TypeFlags.Intersection))) return checker.typeToString(type)
    const indexes = checker
      .getIndexInfosOfType(type)
      .map((index) => `[${inner(index.keyType)}]:${inner(index.type)}`)
    return `{${[...checker.getPropertiesOfType(type).map(textOfProperty), ...indexes].sort().join(';')}}`
  }
  const types = [...exports.values()]
    .filter(({ name }) => names.includes(name))
    .map((symbol) => `${symbol.name}=${textOf(checker.getDeclaredTypeOfSymbol(symbol), [])}`)
  expect(types).toHaveLength(names.length)
  return createHash('sha256').update(types.join('\n')).digest('hex').slice(0, 16)
}

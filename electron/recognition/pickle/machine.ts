import type { ImportLevel } from '../../contract/recognition.ts'
import { FormatError } from '../formats/parse-result.ts'
import { importLevel, recordImport } from './imports.ts'
import type { PickleValue } from './values.ts'

const maxImports = 1_000
/** Longer names are cut to this many characters. */
const maxRecordedLength = 200

/**
 * State of a pickle's interpretation: stack, marks and memo as Python has them, and the imports found so far.
 */
export class PickleMachine {
  readonly stack: PickleValue[] = []
  readonly marks: number[] = []
  readonly memo = new Map<number, PickleValue>()
  readonly imports = new Map<string, ImportLevel>()
  isStopped = false

  pop(): PickleValue {
    const floor = this.marks.at(-1) ?? 0
    if (this.stack.length <= floor) throw new FormatError('its stack runs empty')
    return this.stack.pop() ?? null
  }
  peek(): PickleValue {
    const floor = this.marks.at(-1) ?? 0
    if (this.stack.length <= floor) throw new FormatError('its stack runs empty')
    return this.stack.at(-1) ?? null
  }
  popToMark(): PickleValue[] {
    const mark = this.marks.pop()
    if (mark === undefined) throw new FormatError('its stack has no mark')
    return this.stack.splice(mark)
  }

  /** Records an import. One whose name is computed could be anything, so it counts as dangerous. */
  import(module: PickleValue, name: PickleValue): PickleValue {
    const hasName = typeof module === 'string' && typeof name === 'string'
    const fullName = hasName ? `${module}.${name}` : 'something computed'
    const recorded = fullName.slice(0, maxRecordedLength)
    if (hasName && this.imports.size >= maxImports && !this.imports.has(recorded)) {
      throw new FormatError('it imports more than 1,000 things')
    }
    recordImport(this.imports, recorded, hasName ? importLevel(module, name) : 'dangerous')
    return { type: 'global', name: fullName }
  }
}

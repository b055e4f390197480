import type { ImportLevel } from '../../contract/recognition.ts'
import { HeaderDamage } from '../formats/header.ts'
import { levelOf, noteImport } from './imports.ts'
import type { PickleValue } from './values.ts'

const mostImports = 1_000
/** Characters of a name that are kept, to be shown. */
const longestNoted = 200

/** Where a pickle stands while it is walked through: its stack, its marks and its memo, and what it imported. */
export class PickleMachine {
  readonly stack: PickleValue[] = []
  readonly marks: number[] = []
  readonly memo = new Map<number, PickleValue>()
  readonly imports = new Map<string, ImportLevel>()
  stopped = false

  pop(): PickleValue {
    const floor = this.marks.at(-1) ?? 0
    if (this.stack.length <= floor) throw new HeaderDamage('its stack runs empty')
    return this.stack.pop() ?? null
  }
  top(): PickleValue {
    const floor = this.marks.at(-1) ?? 0
    if (this.stack.length <= floor) throw new HeaderDamage('its stack runs empty')
    return this.stack.at(-1) ?? null
  }
  popToMark(): PickleValue[] {
    const mark = this.marks.pop()
    if (mark === undefined) throw new HeaderDamage('its stack has no mark')
    return this.stack.splice(mark)
  }

  /** Notes an import. What has no name that can be read here could be anything, so it counts as the worst. */
  import(module: PickleValue, name: PickleValue): PickleValue {
    const isNamed = typeof module === 'string' && typeof name === 'string'
    const whole = isNamed ? `${module}.${name}` : 'something computed'
    const noted = whole.slice(0, longestNoted)
    if (isNamed && this.imports.size >= mostImports && !this.imports.has(noted)) {
      throw new HeaderDamage('it imports more than 1,000 things')
    }
    noteImport(this.imports, noted, isNamed ? levelOf(module, name) : 'dangerous')
    return { is: 'global', name: whole }
  }
}

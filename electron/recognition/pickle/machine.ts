import type { ImportLevel } from '../../contract/recognition.ts'
import { FormatError, UndecidedError } from '../formats/parse-result.ts'
import {
  holdsJoblibArrays,
  importLevel,
  isModuleName,
  recordImport,
  importLevelInUnnamed,
} from './imports.ts'
import { isGlobal, isPlain, toStorage, type PickleValue } from './values.ts'

const maxImports = 1_000
/** Stands for a name that isn't written in the pickle. */
export const computedName = 'something computed'
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
  /** The imports that count where no pickle is expected, with their levels there. */
  readonly importsInUnnamed = new Map<string, ImportLevel>()
  /** As the pickle names it. Protocols 0 and 1 name none, and no text does. */
  protocol = 0
  isStopped = false
  /** Whether an import or a method of one was, or may have been, called; otherwise it was at most loaded. */
  hasCalls = false
  /** Joblib's loader reads on elsewhere when such a pickle builds an object. */
  hasJoblibArrays = false
  /** Something that loaders treat differently, although the interpretation can continue; or null. */
  problem: string | null = null
  /** Size of each storage that PyTorch's loader reads from elsewhere, by its key; null for an unknown one. */
  readonly storages = new Map<PickleValue, number | null>()
  #frameEnd: number | null = null

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

  /**
   * Records an import. One whose name is computed, or isn't known as a whole, could be anything, so it counts as
   * dangerous.
   */
  import(module: PickleValue, name: PickleValue, isWhole = true): PickleValue {
    const hasName = typeof module === 'string' && typeof name === 'string'
    const fullName = hasName ? `${module}.${name}` : computedName
    const recorded = fullName.slice(0, maxRecordedLength)
    if (hasName && this.imports.size >= maxImports && !this.imports.has(recorded)) {
      throw new UndecidedError('it imports more than 1,000 things')
    }
    recordImport(this.imports, recorded, hasName && isWhole ? importLevel(module, name) : 'dangerous')
    const { protocol } = this
    const levelInUnnamed = hasName ? importLevelInUnnamed(module, name, { isWhole, protocol }) : 'dangerous'
    if (levelInUnnamed !== null) recordImport(this.importsInUnnamed, recorded, levelInUnnamed)
    // An unknown attribute of a known module can run something too: `ctypes.cdll` loads the library that it names.
    if (!hasName && typeof module === 'string') this.hasCalls ||= isModuleName(`${module}.name`)
    this.hasJoblibArrays ||= holdsJoblibArrays(fullName)
    return { type: 'global', name: fullName }
  }

  /**
   * Notes that a method of an object is called. The opcodes for it are letters, which a text may have behind
   * an import by chance.
   */
  noteMethodCall(object: PickleValue): void {
    if (isGlobal(object)) this.hasCalls ||= this.protocol > 0 || object.name === computedName
  }

  /** Imports by a number that a program may have registered for anything (copyreg.py, `add_extension`). */
  importExtension(): PickleValue {
    recordImport(this.imports, 'something registered', 'dangerous')
    return { type: 'global', name: 'something registered' }
  }

  /** Imports by two values of the stack. Loaders refuse names that are no texts. */
  importByValues(module: PickleValue, name: PickleValue): PickleValue {
    if (isPlain(module) || isPlain(name)) throw new FormatError('an import without a name')
    return this.import(module, name)
  }

  /** Resolves a persistent id, and notes the storage that it names. */
  resolveStorage(id: PickleValue): PickleValue {
    const storage = toStorage(id)
    if (storage === null) return null
    if (!this.storages.has(storage.key)) this.storages.set(storage.key, storage.sizeBytes)
    return storage
  }

  /**
   * Begins a frame of that many bytes. `pickle.py` accepts one beyond the end, `_pickle.c` doesn't.
   */
  beginFrame(position: number, frameBytes: number, remainingBytes: number): void {
    if (this.#frameEnd !== null) throw new UndecidedError('a frame begins within a frame')
    if (frameBytes > remainingBytes) this.problem ??= 'a frame is longer than the rest'
    else if (frameBytes > 0) this.#frameEnd = position + frameBytes
  }

  /**
   * Checks after each opcode that frames end between two of them. Python's two loaders continue at different
   * bytes behind an argument that overlaps the end of its frame (Modules/_pickle.c, `_Unpickler_ReadImpl`).
   */
  checkFrame(position: number): void {
    if (this.#frameEnd === null) return
    if (position > this.#frameEnd) throw new UndecidedError('an instruction overlaps the end of its frame')
    if (position === this.#frameEnd) this.#frameEnd = null
    else if (this.isStopped) this.problem ??= 'a frame continues behind the end'
  }
}

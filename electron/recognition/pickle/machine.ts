import type { ImportLevel } from '../../contract/recognition.ts'
import { FormatError, UndecidedError } from '../formats/parse-result.ts'
import { holdsJoblibArrays, importLevel, isHarmfulUncalled, recordImport } from './dangerous-imports.ts'
import { isPlain, toStorage, type PickleValue } from './values.ts'

const maxImports = 1_000
/** Stands for a name that isn't written in the pickle. */
const computedName = 'something computed'
/** Longer names are cut to this many characters. */
const maxRecordedLength = 200

const textOf = (value: PickleValue) => (typeof value === 'string' ? value : null)

/** Whether a module has no name, or one that no file can have. */
function isImpossible(module: PickleValue): boolean {
  return module === '' || (textOf(module)?.includes('\0') ?? false)
}

/**
 * State of a pickle's interpretation: stack, marks and memo as Python has them, and the imports found so far.
 */
export class PickleMachine {
  readonly stack: PickleValue[] = []
  readonly marks: number[] = []
  readonly memo = new Map<number, PickleValue>()
  readonly imports = new Map<string, ImportLevel>()
  /** Those of the imports that can do harm although nothing calls them. */
  readonly harmfulUncalled = new Set<string>()
  /** As the pickle names it. Protocols 0 and 1 name none, and no text does. */
  protocol = 0
  isStopped = false
  /** Whether an import or a method of one was, or may have been, called; otherwise it was at most loaded. */
  hasCalls = false
  /** Joblib's loader reads on elsewhere when such a pickle builds an object. */
  hasJoblibArrays = false
  /** Whether an import itself was given a state, which can make a harmless name mean something else. */
  hasChangedImport = false
  /** Whether a frame is longer than the rest, which only `pickle.py` accepts. */
  hasLongFrame = false
  /** Size of each storage that PyTorch's loader reads from elsewhere, by its key; null for an unknown one. */
  readonly storages = new Map<PickleValue, number | null>()
  readonly #isExpected: boolean
  #frameEnd: number | null = null

  /** `isExpected`: whether the content is named as a pickle. */
  constructor(isExpected: boolean) {
    this.#isExpected = isExpected
  }

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
    if (isImpossible(module) || name === '') throw new FormatError('an import without a name')
    const hasName = typeof module === 'string' && typeof name === 'string'
    const fullName = hasName ? `${module}.${name}` : computedName
    const recorded = fullName.slice(0, maxRecordedLength)
    if (hasName && this.imports.size >= maxImports && !this.imports.has(recorded)) {
      throw new UndecidedError('it imports more than 1,000 things')
    }
    recordImport(this.imports, recorded, hasName && isWhole ? importLevel(module, name) : 'dangerous')
    const context = { isWhole, protocol: this.protocol }
    if (isHarmfulUncalled(textOf(module), textOf(name), context)) this.harmfulUncalled.add(recorded)
    this.hasJoblibArrays ||= holdsJoblibArrays(fullName)
    return { type: 'global', name: fullName }
  }

  /**
   * Imports by a number that a program may have registered for anything (copyreg.py, `add_extension`). No loader
   * of models registers any, and other content has such numbers by chance.
   */
  importExtension(): PickleValue {
    if (!this.#isExpected) throw new FormatError('an import by a number')
    recordImport(this.imports, 'something registered', 'dangerous')
    return null
  }

  /** Imports by two values of the stack. Loaders refuse names that are no texts. */
  importByValues(module: PickleValue, name: PickleValue): PickleValue {
    if (isPlain(module) || isPlain(name)) throw new FormatError('an import without a name')
    return this.import(module, name)
  }

  /**
   * Resolves a persistent id, and notes the storage that it names. A loader may call what it names instead
   * (torch/package/package_importer.py, `persistent_load`).
   */
  resolveStorage(id: PickleValue): PickleValue {
    this.hasCalls = true
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
    if (frameBytes > remainingBytes) this.hasLongFrame = true
    else if (frameBytes > 0) this.#frameEnd = position + frameBytes
  }

  /**
   * Checks after each opcode that frames end between two of them. Python's two loaders continue at different
   * bytes behind an argument that overlaps the end of its frame (Modules/_pickle.c, `_Unpickler_ReadImpl`).
   */
  checkFrame(position: number): void {
    if (this.#frameEnd === null) return
    if (this.isBeyondFrame(position)) throw new UndecidedError('an instruction overlaps the end of its frame')
    if (position === this.#frameEnd) this.#frameEnd = null
    else if (this.isStopped) throw new UndecidedError('a frame continues behind the end')
  }

  isBeyondFrame(position: number): boolean {
    return this.#frameEnd !== null && position > this.#frameEnd
  }
}

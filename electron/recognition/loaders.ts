import { extensionOf } from './file-names.ts'
import { detectArchive } from './formats/archive.ts'
import { isNpyStart } from './formats/npy.ts'
import { beginsWithMember, isZipStart } from './formats/signature.ts'
import { isTarStart } from './formats/tar.ts'

/**
 * The loaders that are modelled. A file is sound only if every loader that accepts its name reads the same
 * harmless content, or refuses the file. Those that run pickles look at no name: their users pass any path to
 * them, and a file may get another name in the library.
 */
const loaders: Readonly<Record<LoaderName, Loader>> = {
  safetensors: { extensions: ['.safetensors', '.sft'], reading: () => 'safetensors' },
  gguf: { extensions: ['.gguf'], reading: () => 'gguf' },
  onnx: { extensions: ['.onnx'], reading: () => 'onnx' },
  /** `torch.load` tries a zip, then a tar, then consecutive pickles (torch/serialization.py, `load`). */
  torch: {
    extensions: 'any',
    reading: (start) => {
      if (beginsWithMember(start)) return 'zip'
      return isTarStart(start) ? 'tar' : 'pickle'
    },
  },
  /** `pickle.load` and dill. */
  pickle: { extensions: 'any', reading: (start) => (isPersistentId(start) ? 'refused' : 'pickle') },
  /** `numpy.load` tries a zip of arrays, then an array, then a pickle (numpy/lib/_npyio_impl.py, `load`). */
  numpy: {
    extensions: 'any',
    reading: (start) => {
      if (isZipStart(start)) return 'zip'
      if (isNpyStart(start)) return 'array'
      return isPersistentId(start) ? 'refused' : 'pickle'
    },
  },
  /**
   * `joblib.load` unpacks a compressed file first (joblib/numpy_pickle_utils.py, `_detect_compressor`). The
   * archives that only other tools unpack are in the same list, since they aren't looked into either.
   */
  joblib: {
    extensions: 'any',
    reading: (start) => {
      if (detectArchive(start) !== null) return 'archive'
      return isPersistentId(start) ? 'refused' : 'pickle'
    },
  },
}

type LoaderName = 'safetensors' | 'gguf' | 'onnx' | 'torch' | 'pickle' | 'numpy' | 'joblib'

/** What a loader takes a file's bytes for. `refused`: it stops at the first byte. */
export type Reading =
  'safetensors' | 'gguf' | 'onnx' | 'zip' | 'tar' | 'array' | 'archive' | 'pickle' | 'refused'

interface Loader {
  readonly extensions: readonly string[] | 'any'
  /** `start` has at least the first 512 bytes, or the whole file. */
  readonly reading: (start: Buffer) => Reading
}

/**
 * PERSID, which a zip begins with: an unpickler without its own `persistent_load` stops here (CPython,
 * Modules/_pickle.c, `load_persid`).
 */
function isPersistentId(start: Buffer): boolean {
  return start.toString('latin1', 0, 1) === 'P'
}

/** The different readings of a file by all loaders that accept its name, in the order of `loaders`. */
export function readingsOf(name: string, start: Buffer): ReadonlySet<Reading> {
  const extension = extensionOf(name)
  const accepting = Object.values(loaders).filter(
    ({ extensions }) => extensions === 'any' || extensions.includes(extension),
  )
  const readings = new Set(accepting.map(({ reading }) => reading(start)))
  readings.delete('refused')
  return readings
}

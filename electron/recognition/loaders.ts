import { extensionOf, isCompanionFile } from './file-names.ts'
import { detectArchive } from './formats/archive.ts'
import { isNpyStart } from './formats/npy.ts'
import { beginsWithMember, isPickleStart, isZipStart } from './formats/signature.ts'
import { isTarStart } from './formats/tar.ts'

/**
 * The loaders that are modelled. A file is sound only if every loader that accepts its name reads the same
 * harmless content, or refuses the file. Those that run pickles accept every name that promises no other
 * format: their users pass any path to them.
 */
const loaders: Readonly<Record<LoaderName, Loader>> = {
  safetensors: { extensions: ['.safetensors', '.sft'], reading: () => 'safetensors' },
  gguf: { extensions: ['.gguf'], reading: () => 'gguf' },
  onnx: { extensions: ['.onnx'], reading: () => 'onnx' },
  /** `torch.load` tries a zip, then a tar, then consecutive pickles (torch/serialization.py, `load`). */
  torch: {
    extensions: 'all others',
    reading: (start) => {
      if (beginsWithMember(start)) return 'zip'
      return isTarStart(start) ? 'tar' : 'pickle'
    },
  },
  /** `pickle.load` and dill. */
  pickle: { extensions: 'all others', reading: (start) => (isPersistentId(start) ? 'refused' : 'pickle') },
  /** `numpy.load` tries a zip of arrays, then an array, then a pickle (numpy/lib/_npyio_impl.py, `load`). */
  numpy: {
    extensions: 'all others',
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
    extensions: 'all others',
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
  readonly extensions: readonly string[] | 'all others'
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

/** Files that a graph refers to, which only its loader reads, as raw numbers (onnx.proto3, `external_data`). */
const graphWeights = new Set(['.onnx_data', '.data', '.weights', '.pb'])
const texts = new Set(['.txt', '.md', '.jinja'])

/** Whether no loader of models accepts a name: pictures, texts, settings, and the numbers of a graph. */
function isForOthers(name: string): boolean {
  const extension = extensionOf(name)
  return isCompanionFile(name) || texts.has(extension) || graphWeights.has(extension)
}

/**
 * The different readings of a file by all loaders that accept its name, in the order of `loaders`. A name that
 * is for other programs doesn't exempt what begins as an archive or a pickle.
 */
export function readingsOf(name: string, start: Buffer): ReadonlySet<Reading> {
  const extension = extensionOf(name)
  const all = Object.values(loaders)
  const named = all.filter(({ extensions }) => extensions !== 'all others' && extensions.includes(extension))
  const accepting = named.length > 0 ? named : all.filter(({ extensions }) => extensions === 'all others')
  const readings = new Set(accepting.map(({ reading }) => reading(start)))
  readings.delete('refused')
  if (isForOthers(name) && !isPickleStart(start)) readings.delete('pickle')
  return readings
}

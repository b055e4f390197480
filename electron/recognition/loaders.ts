import { detectArchive } from './formats/archive.ts'
import { isNpyStart } from './formats/npy.ts'
import { beginsWithMember, isZipStart } from './formats/signature.ts'
import { isTarStart } from './formats/tar.ts'

/** What a loader takes a file's bytes for. `refused`: it stops at the first byte. */
export type Reading = 'zip' | 'tar' | 'array' | 'archive' | 'pickle' | 'refused'

/**
 * The loaders that run pickles. A file is sound only if each of them reads the same harmless content, or
 * refuses the file. None checks the name: users pass any path to them, and a file may get another name in
 * the library. `start` has at least the first 512 bytes, or the whole file.
 */
const loaders: Readonly<Record<'torch' | 'pickle' | 'numpy' | 'joblib', (start: Buffer) => Reading>> = {
  /** `torch.load` tries a zip, then a tar, then consecutive pickles (torch/serialization.py, `load`). */
  torch: (start) => {
    if (beginsWithMember(start)) return 'zip'
    return isTarStart(start) ? 'tar' : asPickle(start)
  },
  /** `pickle.load` and dill. */
  pickle: asPickle,
  /** `numpy.load` tries a zip of arrays, then an array, then a pickle (numpy/lib/_npyio_impl.py, `load`). */
  numpy: (start) => {
    if (isZipStart(start)) return 'zip'
    return isNpyStart(start) ? 'array' : asPickle(start)
  },
  /**
   * `joblib.load` unpacks a compressed file first (joblib/numpy_pickle_utils.py, `_detect_compressor`). The
   * archives that only other tools unpack are in the same list, since they aren't looked into either.
   */
  joblib: (start) => (detectArchive(start) === null ? asPickle(start) : 'archive'),
}

/**
 * An unpickler without its own `persistent_load` stops at PERSID, with which a zip begins (CPython,
 * Modules/_pickle.c, `load_persid`). `torch.load` has one only for what follows its magic number.
 */
function asPickle(start: Buffer): Reading {
  return start.toString('latin1', 0, 1) === 'P' ? 'refused' : 'pickle'
}

/** The different readings of a file by all loaders, in the order of `loaders`. */
export function readingsOf(start: Buffer): Set<Reading> {
  const readings = new Set(Object.values(loaders).map((reading) => reading(start)))
  readings.delete('refused')
  return readings
}

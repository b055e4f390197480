import type { ByteWindow } from '../formats/byte-window.ts'
import { readNpyHeader } from '../formats/npy.ts'
import { scanPickles, type PickleScan, type ScanBudget } from './scan.ts'

/** Scans an array of numpy. Only an array of Python objects has a pickle, in place of its elements. */
export async function scanArray(window: ByteWindow, budget: ScanBudget): Promise<PickleScan> {
  const elements = await readNpyHeader(window)
  if (!elements.ok) return { imports: [], problem: elements.problem, value: null }
  if (elements.value === null) return scanPickles(window, budget)
  const extraBytes = window.remainingBytes - elements.value
  const misfit = extraBytes > 0 ? 'bytes follow its end' : 'it ends in the middle'
  return { imports: [], problem: extraBytes === 0 ? null : misfit, value: null }
}

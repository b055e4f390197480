import process from 'node:process'

/**
 * Returns a function with the CPU time of this thread since then, in ms. Unlike elapsed time it does not depend on
 * other programs, so that a test can limit it.
 */
export function startCpuTimer(): () => number {
  const before = process.threadCpuUsage()
  return () => {
    const { user, system } = process.threadCpuUsage(before)
    return (user + system) / 1000
  }
}

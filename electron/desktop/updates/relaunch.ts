import { spawn } from 'node:child_process'

/**
 * Starts a program that outlives this one. An AppImage must be started by its own file: the program inside of it, which
 * `app.relaunch` would start, is gone as soon as this process is.
 */
export function relaunch(program: string, words: readonly string[]): void {
  const child = spawn(program, words, { detached: true, stdio: 'ignore' })
  // A program that can't be started says so later, when nobody listens any more.
  child.on('error', () => undefined)
  child.unref()
}

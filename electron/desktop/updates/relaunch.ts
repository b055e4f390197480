import { spawn } from 'node:child_process'

/**
 * Starts a program that outlives this process. An AppImage must be started by its own file, since the program
 * inside, which `app.relaunch` would start, is unmounted when this process ends.
 */
export function relaunch(program: string, args: readonly string[]): void {
  const child = spawn(program, args, { detached: true, stdio: 'ignore' })
  // An unhandled error event would throw; the process is about to exit.
  child.on('error', () => undefined)
  child.unref()
}

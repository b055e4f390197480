import { execFile } from 'node:child_process'
import type { Log } from '../contract/ports.ts'

/** Each system's own way to put the computer to sleep; Electron has none. */
const ways: Readonly<Partial<Record<NodeJS.Platform, readonly [program: string, words: readonly string[]]>>> =
  {
    linux: ['systemctl', ['suspend']],
    darwin: ['pmset', ['sleepnow']],
    // The arguments are read from the end of the line: no hibernation, not forced, wake events stay on.
    win32: ['rundll32.exe', ['powrprof.dll,SetSuspendState', '0,1,0']],
  }

/** Puts the computer to sleep. A system that refuses (no rights, no way) is written down. */
export function suspend(platform: NodeJS.Platform, log: Log): void {
  const [program, words] = ways[platform] ?? []
  if (!program) {
    log.warn('this system has no known way to sleep', { platform })
    return
  }
  log.info('all is sent: the computer is put to sleep')
  execFile(program, words ?? [], { windowsHide: true }, (error) => {
    if (error) log.error('the computer could not be put to sleep', { error })
  })
}

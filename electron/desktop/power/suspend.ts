import { execFile } from 'node:child_process'
import type { Log } from '../../platform/environment.ts'
import { powerShell } from '../../platform/run-program.ts'

interface Command {
  readonly program: string
  readonly words: readonly string[]
}

/** Each system's own way to put the computer to sleep, since Electron has none; null where none is known. */
export function suspendCommand(platform: NodeJS.Platform): Command | null {
  switch (platform) {
    case 'linux':
      return { program: 'systemctl', words: ['suspend'] }
    case 'darwin':
      return { program: 'pmset', words: ['sleepnow'] }
    case 'win32':
      // By rundll32 it would hibernate: that one hands over no numbers. Not forced, and wake events stay on.
      return powerShell(
        'Add-Type -AssemblyName System.Windows.Forms; ' +
          "if (-not [System.Windows.Forms.Application]::SetSuspendState('Suspend', $false, $false)) { exit 1 }",
      )
    default:
      return null
  }
}

/** Puts the computer to sleep. A system that refuses (no rights, no way) is written down. */
export function suspendComputer(command: Command | null, log: Log): void {
  if (!command) {
    log.warn('this system has no known way to sleep')
    return
  }
  log.info('all is sent: the computer is put to sleep')
  execFile(command.program, command.words, { windowsHide: true }, (error) => {
    if (error) log.error('the computer could not be put to sleep', { error })
  })
}

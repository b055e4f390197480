import { execFile } from 'node:child_process'
import type { Log } from '../../platform/environment.ts'
import { powerShellCommand, systemProgramPath } from '../../platform/run-program.ts'

type Command = ReturnType<typeof powerShellCommand>

/** The command that suspends the computer, since Electron has no API for it; null for unknown systems. */
export function suspendCommand(platform: NodeJS.Platform): Command | null {
  switch (platform) {
    case 'linux':
      return { program: 'systemctl', words: ['suspend'] }
    case 'darwin':
      return { program: 'pmset', words: ['sleepnow'] }
    case 'win32':
      // rundll32 cannot pass arguments to SetSuspendState and would hibernate. Not forced; wake events stay
      // enabled.
      return powerShellCommand(
        'Add-Type -AssemblyName System.Windows.Forms; ' +
          "if (-not [System.Windows.Forms.Application]::SetSuspendState('Suspend', $false, $false)) { exit 1 }",
      )
    default:
      return null
  }
}

/** Suspends the computer. A failure, such as missing rights, is only logged. */
export function suspendComputer(command: Command | null, log: Log): void {
  if (!command) {
    log.warn('no command to suspend this system is known')
    return
  }
  log.info('all uploads have ended: suspending the computer')
  const file = systemProgramPath(command.program)
  if (file === null) {
    log.error('the computer could not be suspended', { error: `no ${command.program}` })
    return
  }
  execFile(file, command.words, { windowsHide: true }, (error) => {
    if (error) log.error('the computer could not be suspended', { error })
  })
}

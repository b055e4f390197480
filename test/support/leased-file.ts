import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { onTestFinished } from 'vitest'

/**
 * Takes a lease on a file as Samba does, and returns it after a line of input. From then on, prints when the
 * file is opened and closed (inotify(7): IN_OPEN, IN_CLOSE_NOWRITE). The signal is read from a pipe: one that arrives
 * just before a blocking read would not be handled until the read ends.
 */
const leaseHolder = `
import ctypes, fcntl, os, select, signal, struct, sys
path = sys.argv[1]
file = os.open(path, os.O_RDWR)
signalled, wakeup = os.pipe()
os.set_blocking(wakeup, False)
signal.signal(signal.SIGIO, lambda *_: None)
signal.set_wakeup_fd(wakeup)
fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_WRLCK)
os.write(1, b'leased\\n')
while True:
    ready, _, _ = select.select([0, signalled], [], [])
    if signalled in ready:
        os.read(signalled, 4096)
        os.write(1, b'requested\\n')
    if 0 in ready:
        break
libc = ctypes.CDLL(None)
watch = libc.inotify_init()
libc.inotify_add_watch(watch, path.encode(), 0x20 | 0x10)
fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_UNLCK)
while True:
    for _, mask, _, _ in struct.iter_unpack('iIII', os.read(watch, 4096)):
        os.write(1, b'opened\\n' if mask & 0x20 else b'closed\\n')
`

export interface LeasedFile {
  readonly path: string
  /** Resolves once another process or thread waits for the lease, or has opened or closed the file since. */
  until(event: 'requested' | 'opened' | 'closed'): Promise<void>
  release(): void
}

/**
 * A file that can't be opened until `release`, like one on an unreachable network disk. The kernel ends the
 * lease 45 s after another process has tried to open the file.
 */
export async function leasedFile(content = 'text'): Promise<LeasedFile> {
  const folder = mkdtempSync(join(tmpdir(), 'modelferry-leased-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, 'model.safetensors')
  writeFileSync(path, content)
  const holder = spawn('python3', ['-c', leaseHolder, path], { stdio: ['pipe', 'pipe', 'inherit'] })
  onTestFinished(() => void holder.kill('SIGKILL'))
  const lines: string[] = []
  const output = createInterface(holder.stdout).on('line', (line) => void lines.push(line))
  const until = async (event: string) => {
    while (!lines.includes(event)) await new Promise((resolve) => void output.once('line', resolve))
  }
  await until('leased')
  return { path, until, release: () => void holder.stdin.end('\n') }
}

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { text } from 'node:stream/consumers'
import type { OursOptions, OursResult } from './ours-result.ts'
import type { Workbench } from './workbench.ts'

export interface RunOptions {
  /** An additional trusted certificate. */
  readonly certificate?: string | null
  /** Called twice per second with the resident memory of the process, in MiB. */
  readonly held?: (rssMiB: number) => void
}

/** Uploads with the real engine in its own process. Throws if a file was not registered. */
export async function ours(
  bench: Workbench,
  options: Omit<OursOptions, 'folder'>,
  { certificate, held }: RunOptions = {},
): Promise<OursResult> {
  const folder = await mkdtemp(join(bench.folder, 'home-'))
  const given: OursOptions = { ...options, folder }
  const child = spawn(process.execPath, [join(bench.built, 'ours.js'), JSON.stringify(given)], {
    env: { ...process.env, ...(certificate ? { NODE_EXTRA_CA_CERTS: certificate } : {}) },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const watch = held ? setInterval(() => void heldBy(child.pid).then(held, () => {}), 500) : undefined
  const [answer, [code]] = await Promise.all([text(child.stdout), once(child, 'exit') as Promise<[number]>])
  clearInterval(watch)
  if (code !== 0) throw new Error(`the uploader ended with ${code}`)
  return JSON.parse(answer) as OursResult
}

async function heldBy(pid: number | undefined): Promise<number> {
  const [, pages = ''] = (await readFile(`/proc/${pid}/statm`, 'utf8')).split(' ')
  return (Number(pages) * 4096) / 1024 ** 2
}

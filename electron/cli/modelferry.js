#!/usr/bin/env node
// The app runs on Node 24, which Electron embeds and which brings node:sqlite. An older Node hands over to
// the one that was installed with the project.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const oldestMajor = 24
const beside = (path) => fileURLToPath(new URL(path, import.meta.url))

if (Number(process.versions.node.split('.')[0]) >= oldestMajor) {
  // In a checkout the source runs as it is; a package holds what was built from it.
  const source = beside('./main.ts')
  const { main } = await import(existsSync(source) ? './main.ts' : '../../out/main/command-line.js')
  await main()
} else {
  const node = beside('../../node_modules/node/bin/node')
  if (!existsSync(node)) {
    console.error(`modelferry requires Node.js ${oldestMajor} or newer (found ${process.version}).`)
    process.exit(2)
  }
  const child = spawn(node, [beside('./modelferry.js'), ...process.argv.slice(2)], { stdio: 'inherit' })
  // A terminal gives Ctrl-C to both; the child pauses what it sends, and this one waits for it.
  process.on('SIGINT', () => undefined)
  for (const name of ['SIGTERM', 'SIGHUP']) process.on(name, () => child.kill(name))
  child.on('exit', (code, signal) => {
    if (signal) process.removeAllListeners(signal).kill(process.pid, signal)
    else process.exit(code ?? 1)
  })
}

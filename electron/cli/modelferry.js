#!/usr/bin/env node
// The app runs on Node 24, which Electron embeds and which brings node:sqlite. An older Node hands over to
// the one that was installed with the project.
const oldestMajor = 24
const beside = (path) => new URL(path, import.meta.url)

if (Number(process.versions.node.split('.')[0]) >= oldestMajor) {
  // Import statements of Node's modules take 20 ms (build/lazy-builtins.ts).
  const { existsSync } = process.getBuiltinModule('node:fs')
  // In a checkout the source runs as it is; a package holds what was built from it.
  const source = beside('./main.ts')
  const { main } = await import(existsSync(source) ? source.href : '../../out/main/command-line.js')
  await main()
} else {
  const { spawn } = await import('node:child_process')
  const { existsSync } = await import('node:fs')
  const { fileURLToPath } = await import('node:url')
  const node = fileURLToPath(beside('../../node_modules/node/bin/node'))
  if (!existsSync(node)) {
    console.error(`modelferry requires Node.js ${oldestMajor} or newer (found ${process.version}).`)
    process.exit(2)
  }
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit' })
  // A terminal gives Ctrl-C to both; the child pauses what it sends, and this one waits for it.
  process.on('SIGINT', () => undefined)
  for (const name of ['SIGTERM', 'SIGHUP']) process.on(name, () => child.kill(name))
  child.on('exit', (code, signal) => {
    if (signal) process.removeAllListeners(signal).kill(process.pid, signal)
    else process.exit(code ?? 1)
  })
}

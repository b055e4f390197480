import { createPackage } from '@electron/asar'
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectFolder } from '../temp-project.ts'

// The fuse wire that @electron/fuses looks for: sentinel, version, length, then a byte per fuse ('0' off, '1'
// on, 'r' removed), with the default values. Source: electron/electron, docs/tutorial/fuses.md and
// shell/common/electron_fuses.
const fuseSentinel = 'dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX'
const fuseVersion = 1
const fuseDefaults = '101010110'

const emptyFiles = [
  'icudtl.dat',
  'resources.pak',
  'snapshot_blob.bin',
  'v8_context_snapshot.bin',
  'LICENSE',
  'LICENSES.chromium.html',
]
const locales = ['en-US', 'en-GB', 'zh-CN', 'zh-TW', 'de']

/**
 * Creates a substitute for Electron's Linux release, to test packaging on machines that cannot download
 * Electron.
 */
export async function makeStandin(folder: string): Promise<void> {
  mkdirSync(join(folder, 'locales'), { recursive: true })
  mkdirSync(join(folder, 'resources'))
  const program = readFileSync('/bin/true')
  const fuseWire = Buffer.concat([
    Buffer.from(fuseSentinel),
    Buffer.from([fuseVersion, fuseDefaults.length]),
    Buffer.from(fuseDefaults),
  ])
  writeFileSync(join(folder, 'electron'), Buffer.concat([program, fuseWire]))
  for (const name of ['chrome-sandbox', 'chrome_crashpad_handler']) writeFileSync(join(folder, name), program)
  for (const name of ['electron', 'chrome-sandbox', 'chrome_crashpad_handler'])
    chmodSync(join(folder, name), 0o755)
  for (const name of emptyFiles) writeFileSync(join(folder, name), '')
  for (const name of locales) writeFileSync(join(folder, 'locales', `${name}.pak`), '')
  const packageJson = readFileSync(join(projectFolder, 'node_modules/electron/package.json'), 'utf8')
  writeFileSync(join(folder, 'version'), (JSON.parse(packageJson) as { version: string }).version)
  const defaultApp = join(folder, 'default_app')
  mkdirSync(defaultApp)
  writeFileSync(join(defaultApp, 'main.js'), '')
  await createPackage(defaultApp, join(folder, 'resources/default_app.asar'))
  rmSync(defaultApp, { recursive: true })
}

/**
 * Creates a substitute for the tools that build an AppImage (electron-builder-binaries, appimage-tools-runtime). Its
 * mksquashfs copies the files of the image to `record`.
 */
export function makeAppImageTools(folder: string, record: string): void {
  for (const name of ['runtimes', 'lib/x64']) mkdirSync(join(folder, name), { recursive: true })
  writeFileSync(join(folder, 'runtimes/runtime-x64'), 'runtime')
  writeFileSync(join(folder, 'desktop-file-validate'), '')
  writeFileSync(join(folder, 'mksquashfs'), `#!/bin/sh\ncp -a "$1" '${record}' && : >"$2"\n`, { mode: 0o755 })
}

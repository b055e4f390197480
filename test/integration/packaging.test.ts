import { extractFile, listPackage, statFile } from '@electron/asar'
import { FuseState, FuseV1Options, getCurrentFuseWire } from '@electron/fuses'
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { isBuiltin } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, extname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeAppImageTools, makeStandin } from '../support/packaging/make-standin.ts'
import { projectFolder } from '../support/temp-project.ts'

// Packs the built app with a substitute for Electron's release: everything but the runtime is what users
// install.

const folder = mkdtempSync(join(tmpdir(), 'modelferry-package-'))
const unpacked = join(folder, 'dist/linux-unpacked')
const archive = join(unpacked, 'resources/app.asar')
const unpackedFolder = join(unpacked, 'resources/app.asar.unpacked')
const record = join(folder, 'fpm')
const image = join(folder, 'image')
let packed: string[] = []

beforeAll(async () => {
  const run = (program: string, ...words: string[]) =>
    execFileSync(join(projectFolder, 'node_modules/.bin', program), words, {
      cwd: projectFolder,
      stdio: 'pipe',
      env: {
        ...process.env,
        APPIMAGE_TOOLS_PATH: join(folder, 'appimage-tools'),
        CUSTOM_FPM_PATH: join(projectFolder, 'test/support/packaging/fake-fpm'),
        ELECTRON_BUILDER_7ZIP_PATH: '/usr/bin/7za',
        FPM_RECORD: record,
      },
    })
  if (!existsSync(join(projectFolder, 'out/third-party.txt'))) run('electron-vite', 'build')
  await makeStandin(join(folder, 'standin'))
  makeAppImageTools(join(folder, 'appimage-tools'), image)
  const settings = [`-c.electronDist=${folder}/standin`, `-c.directories.output=${folder}/dist`]
  run('electron-builder', '--linux', 'dir', 'deb', 'rpm', 'AppImage', 'tar.gz', '--x64', ...settings)
  packed = listPackage(archive, { isPack: false }).filter(
    (path) => !('files' in statFile(archive, path.slice(1))),
  )
}, 180_000)

afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('packs the built app, its package.json and its runtime dependencies', () => {
  const topFolders = new Set(
    packed.map((path) =>
      path
        .split('/')
        .slice(1, path.startsWith('/out/') ? 3 : 2)
        .join('/'),
    ),
  )
  expect([...topFolders].sort()).toEqual([
    'node_modules',
    'out/main',
    'out/preload',
    'out/renderer',
    'out/third-party.txt',
    'package.json',
  ])
  expect(packed).toEqual(
    expect.arrayContaining([
      '/out/main/start.js',
      '/out/main/main.js',
      '/out/preload/preload.cjs',
      '/out/renderer/index.html',
    ]),
  )
})

test('packs only runtime dependencies', () => {
  const needed = execFileSync('npm', ['ls', '--omit=dev', '--all', '--parseable'], {
    cwd: projectFolder,
    encoding: 'utf8',
  })
  const names = new Set(needed.split('\n').flatMap((path) => path.split('/node_modules/').slice(1)))
  const inArchive = packed.flatMap((path) => /^\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? [])
  expect([...new Set(inArchive)].filter((name) => !names.has(name))).toEqual([])
  expect(inArchive).toEqual(expect.arrayContaining(['electron-store', 'electron-updater', 'keytar']))
})

/** What a packed file and the files that it imports at their start import, without their own imports. */
function importsAtStart(file: string, visited = new Set<string>()): string[] {
  if (visited.has(file)) return []
  visited.add(file)
  const code = extractFile(archive, file).toString('utf8')
  const statements = code.matchAll(/^(?:import|export)\b[^;]*? from "([^"]+)";$|^import "([^"]+)";$/gm)
  return [...statements].flatMap(([, named, plain]) => {
    const specifier = named ?? plain ?? ''
    return specifier.startsWith('.') ? importsAtStart(join(dirname(file), specifier), visited) : [specifier]
  })
}

test('before its window opens, the app loads only electron-store and no slow built-in module', () => {
  const specifiers = importsAtStart('out/main/main.js')
  const packages = new Set(specifiers.filter((specifier) => !isBuiltin(specifier)))
  expect([...packages].sort()).toEqual(['electron', 'electron-store'])
  // build/lazy-builtins.ts
  for (const name of ['http', 'crypto']) {
    expect(specifiers).not.toContain(`node:${name}`)
    expect(specifiers).not.toContain(name)
  }
})

test('packs no sources, tests, source maps or tools', () => {
  const kinds = new Set(packed.map((path) => extname(path)))
  const known = ['', '.cjs', '.css', '.html', '.js', '.json', '.mjs', '.node', '.txt']
  expect([...kinds].filter((kind) => !known.includes(kind))).toEqual([])
  const sourceFolder = /(^|\/)(test|tests|__tests__|spec|electron|renderer\/components|script|src|\..*)\//
  // The one package that runs from a folder of that name.
  const debug = /^\/node_modules\/debug\/src\//
  expect(packed.filter((path) => sourceFolder.test(path) && !debug.test(path))).toEqual([])
  const withoutExtension = packed
    .filter((path) => extname(path) === '')
    .map((path) => path.split('/').at(-1) ?? '')
  expect(withoutExtension.filter((name) => !/^licen[cs]e/i.test(name))).toEqual([])
})

test('packs a package.json with the entry point and without dev tools', () => {
  const settings = JSON.parse(extractFile(archive, 'package.json').toString()) as Record<string, unknown>
  expect(settings).toMatchObject({
    name: 'modelferry',
    main: 'out/main/start.js',
    desktopName: 'modelferry.desktop',
  })
  expect(Object.keys(settings)).not.toEqual(expect.arrayContaining(['devDependencies']))
  expect(settings).not.toHaveProperty('scripts')
})

test('unpacks keytar’s binary for this platform only', () => {
  expect(packed.filter((path) => path.endsWith('.node'))).toEqual([
    '/node_modules/keytar/prebuilds/linux-x64/keytar.node',
  ])
  expect(
    statSync(join(unpackedFolder, 'node_modules/keytar/prebuilds/linux-x64/keytar.node')).size,
  ).toBeGreaterThan(10_000)
})

test('unpacks worker threads that import nothing from the archive', () => {
  const workers = readdirSync(join(unpackedFolder, 'out/main'))
  expect(workers.sort()).toEqual([
    'hash-worker.js',
    'inspect-worker.js',
    'search-worker.js',
    'upload-worker.js',
    'watch-worker.js',
  ])
  for (const name of workers) {
    const source = readFileSync(join(unpackedFolder, 'out/main', name), 'utf8')
    const imported = [...source.matchAll(/^(?:import|export)\b[^'"\n]*['"]([^'"]+)['"]/gm)].map(
      (found) => found[1] ?? '',
    )
    // Bundled packages import Node's modules with and without the prefix.
    expect(imported.filter((id) => !isBuiltin(id))).toEqual([])
  }
})

test('inserts the hashes of the unpacked worker threads into the archive', () => {
  const programs = packed.filter((path) => /^\/out\/main\/.*\.js$/.test(path) && !path.endsWith('-worker.js'))
  const texts = programs.map((path) => extractFile(archive, path.slice(1)).toString())
  for (const name of readdirSync(join(unpackedFolder, 'out/main'))) {
    const hash = createHash('sha256').update(readFileSync(join(unpackedFolder, 'out/main', name)))
    const expected = hash.digest('hex')
    expect(texts.some((text) => text.includes(expected))).toBe(true)
  }
})

test('sets the Electron fuses', async () => {
  const wire = await getCurrentFuseWire(join(unpacked, 'modelferry'))
  expect(wire).toMatchObject({
    [FuseV1Options.RunAsNode]: FuseState.DISABLE,
    [FuseV1Options.EnableCookieEncryption]: FuseState.ENABLE,
    [FuseV1Options.EnableNodeOptionsEnvironmentVariable]: FuseState.DISABLE,
    [FuseV1Options.EnableNodeCliInspectArguments]: FuseState.DISABLE,
    [FuseV1Options.EnableEmbeddedAsarIntegrityValidation]: FuseState.ENABLE,
    [FuseV1Options.OnlyLoadAppFromAsar]: FuseState.ENABLE,
    [FuseV1Options.GrantFileProtocolExtraPrivileges]: FuseState.DISABLE,
  })
})

test('puts the tray icons where the packaged app loads them', () => {
  const tray = readdirSync(join(unpacked, 'resources/tray'))
  expect(tray.sort()).toEqual(readdirSync(join(projectFolder, 'build/tray')).sort())
})

test('ships only the languages of the app', () => {
  expect(readdirSync(join(unpacked, 'locales')).sort()).toEqual(['en-US.pak', 'zh-CN.pak', 'zh-TW.pak'])
})

test('builds a small, reproducible archive', () => {
  // Twice the current size: an accidentally packed tool or set of pictures is larger.
  expect(statSync(archive).size).toBeLessThan(8_000_000)
  const again = join(folder, 'again')
  execFileSync(
    join(projectFolder, 'node_modules/.bin/electron-builder'),
    ['--linux', 'dir', '--x64', `-c.electronDist=${folder}/standin`, `-c.directories.output=${again}`],
    { cwd: projectFolder, stdio: 'pipe' },
  )
  const second = readFileSync(join(again, 'linux-unpacked/resources/app.asar'))
  expect(second.equals(readFileSync(archive))).toBe(true)
}, 120_000)

test('contains the update address and no credentials', () => {
  expect(readFileSync(join(unpacked, 'resources/app-update.yml'), 'utf8')).toContain(
    'url: https://modelferry.app/updates',
  )
  expect(readFileSync(join(projectFolder, 'electron-builder.yml'), 'utf8')).not.toMatch(/token|password/i)
})

test('contains the licences of all packed packages', () => {
  const notices = extractFile(archive, 'out/third-party.txt').toString()
  const inArchive = packed.flatMap((path) => /^\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? [])
  const names = [...new Set(inArchive), 'svelte', '@lucide/svelte', 'valibot', 'intl-messageformat']
  const aliases: Readonly<Record<string, string>> = { keytar: '@github/keytar' }
  const missing = names.filter((name) => !notices.includes(`\n${aliases[name] ?? name} `))
  expect(missing).toEqual([])
  expect(notices.match(/^Licence: .*GPL.*$/gm)).toBe(null)
})

test.for(['deb', 'rpm'])(
  'gives the %s package a desktop entry, icons of every size and file types',
  (kind) => {
    const files = readdirSync(join(record, kind))
    const desktopFile = files.find((name) => name.endsWith('.desktop')) ?? ''
    const entry = readFileSync(join(record, kind, desktopFile), 'utf8')
    execFileSync('desktop-file-validate', [join(record, kind, desktopFile)])
    expect(entry).toContain(
      'MimeType=application/x-safetensors;application/x-gguf;x-scheme-handler/modelferry;',
    )
    expect(entry).toMatch(/^Exec=.*\/modelferry %U$/m)
    expect(entry).toContain('StartupWMClass=modelferry')
    const args = readFileSync(join(record, kind, 'args'), 'utf8')
    for (const size of [16, 24, 32, 48, 64, 128, 256, 512]) {
      expect(args).toContain(`=/usr/share/icons/hicolor/${size}x${size}/apps/modelferry.png`)
    }
    expect(args).toContain('modelferry-mime.xml=/usr/share/mime/packages/modelferry.xml')
    expect(args).toContain('=/usr/share/metainfo/app.modelferry.Modelferry.metainfo.xml')
    expect(args).toContain('LICENSE=/usr/share/doc/modelferry/copyright')
  },
)

test.for(['deb', 'rpm'])('links the command on the PATH to the command line in the %s package', (kind) => {
  const scripts = ['after-install', 'after-remove'].map((name) => join(record, kind, name))
  for (const script of scripts) execFileSync('sh', ['-n', script])
  expect(readFileSync(scripts[0] ?? '', 'utf8')).toContain(
    "ln -sf '/opt/Modelferry/bin/modelferry' '/usr/bin/modelferry'",
  )
  expect(statSync(join(unpacked, 'bin/modelferry')).mode & 0o111).toBe(0o111)
})

test.for([
  ['deb', ['libsecret-1-0', 'libgbm1', 'libasound2t64 | libasound2']],
  ['rpm', ['libsecret-1.so.0()(64bit)', 'libgbm.so.1()(64bit)', 'libasound.so.2()(64bit)']],
] as const)(
  'requires the libraries of Electron and of the keychain in the %s package',
  ([kind, libraries]) => {
    const args = readFileSync(join(record, kind, 'args'), 'utf8')
    const required = [...args.matchAll(/^(?:-d\n|--depends=)(.*)$/gm)].map(([, name]) => name)
    expect(required).toEqual(expect.arrayContaining([...libraries]))
  },
)

test.for([
  ['in the sandbox where users can create namespaces', 'exit 0', '--hidden\n'],
  ['without the sandbox where namespaces are restricted', 'exit 1', '--no-sandbox\n--hidden\n'],
] as const)('starts the AppImage %s', ([, unshare, expected]) => {
  const tools = join(folder, 'tools')
  mkdirSync(tools, { recursive: true })
  const programs = [
    [join(image, 'modelferry'), 'printf "%s\\n" "$@"'],
    [join(tools, 'unshare'), `test "$*" = '-Ur true' && ${unshare}`],
  ] as const
  for (const [path, text] of programs) writeFileSync(path, `#!/bin/sh\n${text}\n`, { mode: 0o755 })
  const env = { PATH: `${tools}:${process.env['PATH']}` }
  const started = execFileSync(join(image, 'AppRun'), ['--hidden'], { encoding: 'utf8', env })
  expect(started).toBe(expected)
})

test('puts the program into the archive for other Linux systems', () => {
  const [name = ''] = readdirSync(join(folder, 'dist')).filter((file) => file.endsWith('.tar.gz'))
  const listed = execFileSync('tar', ['tzf', join(folder, 'dist', name)], { encoding: 'utf8' })
  expect(listed).toMatch(/\/modelferry$/m)
  expect(listed).toMatch(/\/resources\/app\.asar$/m)
})

test('contains every size in the Windows and macOS icons', () => {
  const ico = readFileSync(join(projectFolder, 'build/icon.ico'))
  const count = ico.readUInt16LE(4)
  expect(Array.from({ length: count }, (_, index) => ico.readUInt8(6 + 16 * index) || 256)).toEqual([
    16, 24, 32, 48, 64, 128, 256,
  ])
  const icns = readFileSync(join(projectFolder, 'build/icon.icns'))
  const types: string[] = []
  for (let at = 8; at < icns.length; at += icns.readUInt32BE(at + 4))
    types.push(icns.toString('latin1', at, at + 4))
  expect(icns.readUInt32BE(4)).toBe(icns.length)
  expect(types).toEqual(['icp4', 'icp5', 'ic11', 'ic12', 'ic07', 'ic08', 'ic13', 'ic09', 'ic14', 'ic10'])
})

import { execFileSync, spawnSync } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { afterAll, expect, test } from 'vitest'
import { commands } from '../../electron/cli/options.ts'
import { projectFolder } from '../support/temp-project.ts'

// What a package installs besides the app: scripts, which are run here, and files, which are checked with
// each system's own tools.

const folder = mkdtempSync(join(tmpdir(), 'modelferry-install-'))
const linux = join(projectFolder, 'build/linux')
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function writeProgram(path: string, text: string): void {
  mkdirSync(join(path, '..'), { recursive: true })
  writeFileSync(path, `#!/bin/sh\n${text}\n`)
  chmodSync(path, 0o755)
}

/** The layout of an installed package, with a program that prints its arguments. */
function installed() {
  const at = mkdtempSync(join(folder, 'opt-'))
  writeProgram(join(at, 'modelferry'), 'printf "%s\\n" "$@"')
  mkdirSync(join(at, 'bin'))
  cpSync(join(linux, 'modelferry'), join(at, 'bin/modelferry'))
  const run = (...words: readonly string[]) =>
    execFileSync(join(at, 'bin/modelferry'), words, { encoding: 'utf8', cwd: at })
  return Object.assign(run, { at })
}

test('runs the command line for a command, with its arguments hidden from Chromium', () => {
  const run = installed()
  const words = run('upload', 'my model.safetensors', '--type=loras').trimEnd().split('\n')
  expect(words.slice(words.indexOf('--'))).toEqual(['--', 'upload', 'my model.safetensors', '--type=loras'])
  expect(words[0]).toBe('--modelferry-command')
  expect(run('--help')).toMatch(/^--modelferry-command\n[^]*\n--\n--help\n$/)
  // An unknown command is reported by the command line.
  expect(run('uplaod')).toContain('--modelferry-command')
})

test('opens the app for files and without arguments', () => {
  const run = installed()
  expect(run()).toBe('\n')
  expect(run('model.gguf')).toBe('model.gguf\n')
  expect(run('/models/flux')).toBe('/models/flux\n')
  expect(run('--hidden')).toBe('--hidden\n')
  expect(run('bin')).toBe('bin\n')
})

test.for([...Object.keys(commands), 'help'])(
  'treats %s as a command despite a file of that name, and ./ as a path',
  (word) => {
    const run = installed()
    writeFileSync(join(run.at, word), '')
    expect(run(word, 'x', '--team', 'B')).toMatch(new RegExp(`^--modelferry-command\n[^]*\n--\n${word}\nx\n`))
    expect(run(`./${word}`)).toBe(`./${word}\n`)
  },
)

/** A script of a package, with the values that electron-builder inserts. */
function packageScript(name: string): string {
  const script = join(folder, `${name}.sh`)
  const text = readFileSync(join(linux, `${name}.tpl`), 'utf8')
  writeFileSync(
    script,
    text.replaceAll('${executable}', 'modelferry').replaceAll('${sanitizedProductName}', 'Modelferry'),
  )
  return script
}

/** Runs the install script of a package with these tools only, and returns the sandbox's mode. */
function sandboxModeAfterInstall(userTools: Readonly<Record<string, string>>): string | undefined {
  const tools = mkdtempSync(join(folder, 'tools-'))
  const changes = join(tools, 'changes')
  writeProgram(join(tools, 'chmod'), `echo "$@" >> '${changes}'`)
  writeProgram(join(tools, 'ln'), 'exit 0')
  for (const [name, text] of Object.entries(userTools)) writeProgram(join(tools, name), text)
  const { status, stderr } = spawnSync('/bin/sh', [packageScript('after-install')], {
    encoding: 'utf8',
    env: { PATH: tools },
  })
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  return /^(\d+) \/opt\/Modelferry\/chrome-sandbox\n$/.exec(readFileSync(changes, 'utf8'))?.[1]
}

/** Becomes the user of the first argument, for `unshare` below. */
const setpriv = 'export user="$1"; shift 3; exec "$@"'

test.for([
  ['only root can create user namespaces', { setpriv, unshare: '[ -z "$user" ]' }, '4755'],
  ['every user can create them', { setpriv, unshare: '[ "$user" = --reuid=65534 ]' }, '0755'],
  ['setpriv is missing', { unshare: 'exit 0' }, '4755'],
  ['unshare is missing', { setpriv }, '4755'],
] as const)('sets the mode of the sandbox where %s', ([, tools, mode]) => {
  expect(sandboxModeAfterInstall(tools)).toBe(mode)
})

const packageEntry = '[Desktop Entry]\nExec="/opt/Modelferry/modelferry" --hidden\n'

/** Runs the remove script of a package, on a system with one user who has this autostart entry. */
function runRemoveScript(reason: string, entry = packageEntry): { home: string; output: string } {
  const home = mkdtempSync(join(folder, 'home-'))
  const tools = mkdtempSync(join(folder, 'tools-'))
  const autostart = join(home, '.config/autostart')
  mkdirSync(autostart, { recursive: true })
  mkdirSync(join(home, '.config/Modelferry'))
  writeFileSync(join(autostart, 'modelferry.desktop'), entry)
  writeFileSync(join(autostart, 'other.desktop'), '[Desktop Entry]\nExec=other\n')
  writeProgram(
    join(tools, 'getent'),
    `echo 'root:x:0:0::/root:/bin/sh'; echo 'ann:x:1000:1000::${home}:/bin/sh'`,
  )
  for (const name of ['update-mime-database', 'update-desktop-database', 'apparmor_status'])
    writeProgram(join(tools, name), 'exit 1')
  const script = packageScript('after-remove')
  const env = { ...process.env, PATH: `${tools}:${process.env['PATH'] ?? ''}` }
  const { status, stdout, stderr } = spawnSync('sh', [script, reason], { encoding: 'utf8', env })
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  return { home, output: stdout }
}

test.for(['remove', 'purge', '0'])('removes its login item but no data when it is removed (%s)', (reason) => {
  const { home, output } = runRemoveScript(reason)
  expect(existsSync(join(home, '.config/autostart/modelferry.desktop'))).toBe(false)
  expect(existsSync(join(home, '.config/autostart/other.desktop'))).toBe(true)
  expect(existsSync(join(home, '.config/Modelferry'))).toBe(true)
  expect(output.includes(join(home, '.config/Modelferry'))).toBe(reason === 'purge')
})

test('keeps the login item of an AppImage when it is removed', () => {
  const entry = '[Desktop Entry]\nExec="/home/ann/modelferry/modelferry.AppImage" --hidden\n'
  const { home } = runRemoveScript('remove', entry)
  expect(readFileSync(join(home, '.config/autostart/modelferry.desktop'), 'utf8')).toBe(entry)
})

test.for(['upgrade', '1'])('changes nothing when it is upgraded (%s)', (reason) => {
  const { home, output } = runRemoveScript(reason)
  expect(existsSync(join(home, '.config/autostart/modelferry.desktop'))).toBe(true)
  expect(output).toBe('')
})

test('has valid AppStream metadata of this version', () => {
  const file = join(linux, 'app.modelferry.Modelferry.metainfo.xml')
  execFileSync('appstreamcli', ['validate', '--no-net', '--strict', file])
  const { version } = JSON.parse(readFileSync(join(projectFolder, 'package.json'), 'utf8')) as {
    version: string
  }
  expect(/<release version="([^"]+)"/.exec(readFileSync(file, 'utf8'))?.[1]).toBe(version)
})

test('registers MIME types by extension, and GGUF by its magic bytes', () => {
  const mime = join(folder, 'mime')
  mkdirSync(join(mime, 'packages'), { recursive: true })
  cpSync(join(linux, 'modelferry-mime.xml'), join(mime, 'packages/modelferry.xml'))
  execFileSync('update-mime-database', [mime])
  const globs = readFileSync(join(mime, 'globs2'), 'utf8')
  expect(globs).toContain('application/x-safetensors:*.safetensors')
  expect(globs).toContain('application/x-gguf:*.gguf')
  expect(readFileSync(join(mime, 'magic'), 'latin1')).toContain('[60:application/x-gguf]')
})

test('the Windows uninstaller removes nothing before it has checked for an update', () => {
  const script = readFileSync(join(projectFolder, 'build/installer.nsh'), 'utf8')
  const [, beforeCheck] =
    /^!macro customUnInstall\n([^]*?)\$\{GetOptions\} \$R0 "--updated"/m.exec(script) ?? []
  expect(beforeCheck).toContain('${GetParameters}')
  expect(beforeCheck).not.toMatch(/Delete|RMDir/)
})

test.for([[], ['-DBUILD_UNINSTALLER']])(
  'compiles the Windows installer script without warnings (%s)',
  (defined) => {
    const out = join(folder, `installer-${defined.length}.exe`)
    const script = join(projectFolder, 'build/installer.nsh')
    const words = ['-V2', '-WX', ...defined, `-DOUT=${out}`, `-DSCRIPT=${script}`]
    execFileSync('makensis', [...words, join(projectFolder, 'test/support/packaging/installer.nsi')])
    expect(readFileSync(out).toString('latin1', 0, 2)).toBe('MZ')
  },
)

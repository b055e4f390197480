import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { hasProgram } from '../../cloud/ceph/daemons.ts'
import { projectFolder } from '../temp-project.ts'
import { findChromium } from './chromium.ts'
import { hasKeychain } from './keychain.ts'

/** What needs the packages: the app on one of its runtimes, or all tests. */
export type Purpose = 'electron' | 'host' | 'tests'

// Packages of Debian and Ubuntu, as in the field Depends: each with alternatives, the preferred one first.

const keyring = ['dbus', 'gnome-keyring', 'libsecret-1-0']

/** Libraries of Electron, and of the Chromium that Playwright downloads, with those that they depend on. */
const libraries = ['libnss3', 'libgbm1', 'libgtk-3-0t64 | libgtk-3-0', 'libasound2t64 | libasound2']

const font = 'fonts-dejavu-core'

const forTests = [
  'xvfb',
  'xauth',
  font,
  'fonts-noto-cjk',
  '7zip',
  'desktop-file-utils',
  // Tools that validate the contents of the Linux packages
  'appstream',
  'shared-mime-info',
  'nsis',
  // Certificates for storage over TLS
  'openssl',
  // A real S3 server
  'radosgw',
  'ceph-mon',
  'ceph-osd',
  'ceph-common',
]

/** Ubuntu's package of Chromium is a snap, which containers can't install; Playwright's Chromium replaces it. */
function isUbuntu(): boolean {
  const file = '/etc/os-release'
  return existsSync(file) && /^ID=ubuntu$/m.test(readFileSync(file, 'utf8'))
}

/** Makes tests faster; Ubuntu does not have it. */
const headlessShell = () => (isUbuntu() ? [] : ['chromium-headless-shell'])

function runtimePackages(purpose: Purpose): readonly string[] {
  if (purpose === 'electron') return libraries
  if (findChromium() !== undefined) return []
  return [...(isUbuntu() ? libraries : ['chromium']), font]
}

function packagesFor(purpose: Purpose): readonly string[] {
  const keychain = purpose !== 'tests' && hasKeychain() ? [] : keyring
  return [
    ...(purpose === 'tests' ? [...forTests, ...headlessShell()] : []),
    ...runtimePackages(purpose),
    ...keychain,
  ]
}

function missingOf(packages: readonly string[]): readonly string[] {
  const { stdout } = spawnSync('dpkg-query', ['-W', '-f', '${db:Status-Status} ${Package}\n'], {
    encoding: 'utf8',
    maxBuffer: Infinity,
  })
  const installed = new Set(stdout.split('\n'))
  return packages.filter((names) => !names.split(' | ').some((name) => installed.has(`installed ${name}`)))
}

export type Readiness = { readonly ready: true } | { readonly ready: false; readonly sentence: string }

/**
 * Installs missing system packages with apt if this is root or sudo needs no password; otherwise prints the
 * command. On other systems it lists the requirements.
 */
export function ensureSystemPackages(purpose: Purpose): Readiness {
  if (!hasProgram('dpkg-query')) return withoutApt(purpose)
  const missing = missingOf(packagesFor(purpose))
  if (missing.length > 0) {
    const install = ['apt-get', 'satisfy', '-y', '--no-install-recommends']
    const isRoot = process.getuid?.() === 0
    if (!isRoot && spawnSync('sudo', ['-n', 'true']).status !== 0) {
      const command = `apt-get update && ${install.join(' ')} '${missing.join(', ')}'`
      const sudo = hasProgram('sudo') ? `sudo sh -c "${command}"` : command
      return {
        ready: false,
        sentence: `System packages are missing. Run this as root, then try again:\n\n  ${sudo}\n`,
      }
    }
    console.log(`Installing with apt, which may take minutes: ${missing.join(', ')}`)
    const asRoot = [...(isRoot ? [] : ['sudo']), 'env', 'DEBIAN_FRONTEND=noninteractive']
    run([...asRoot, 'apt-get', 'update'])
    const command = [...asRoot, ...install, '-o', 'DPkg::Lock::Timeout=120', missing.join(', ')]
    if (!run(command)) return { ready: false, sentence: `This failed: ${command.join(' ')}` }
  }
  return purpose === 'electron' ? { ready: true } : ensureChromium()
}

/** Downloads Playwright's Chromium if apt has none. */
function ensureChromium(): Readiness {
  if (findChromium() !== undefined) return { ready: true }
  console.log('Fetching Chromium, once …')
  run([
    process.execPath,
    join(projectFolder, 'node_modules/playwright/cli.js'),
    'install',
    '--no-shell',
    'chromium',
  ])
  if (findChromium() !== undefined) return { ready: true }
  return { ready: false, sentence: 'There is no Chromium. Install one, or name it in MODELFERRY_CHROMIUM.' }
}

const run = ([program = '', ...words]: readonly string[]) =>
  spawnSync(program, words, { stdio: ['ignore', 'ignore', 'inherit'] }).status === 0

function withoutApt(purpose: Purpose): Readiness {
  const needed =
    process.platform === 'linux' && purpose === 'tests'
      ? ['dbus-run-session', 'gnome-keyring-daemon', 'radosgw', '7za']
      : []
  const missing = needed.filter((name) => !hasProgram(name))
  if (missing.length > 0)
    return {
      ready: false,
      sentence: `Missing on this system: ${missing.join(', ')}. On Debian they come by apt.`,
    }
  return purpose === 'electron' ? { ready: true } : ensureChromium()
}

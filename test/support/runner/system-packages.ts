import { spawnSync } from 'node:child_process'
import process from 'node:process'
import { hasProgram } from '../../cloud/ceph/daemons.ts'
import { findChromium } from './chromium.ts'

/** Debian and Ubuntu packages that the tests need. */
const packages: readonly string[] = [
  'chromium',
  'xvfb',
  'xauth',
  'fonts-dejavu-core',
  'fonts-noto-cjk',
  'gnome-keyring',
  'libsecret-1-0',
  'dbus',
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

/** Makes tests faster; Debian has it, Ubuntu does not. */
const headlessShell = 'chromium-headless-shell'

const isOffered = (name: string) => spawnSync('apt-cache', ['show', name]).status === 0

/** Packages whose programs may have been installed in another way. */
const otherwise: Readonly<Record<string, () => boolean>> = {
  chromium: () => findChromium() !== undefined,
}

function isInstalled(name: string): boolean {
  if (otherwise[name]?.()) return true
  const { stdout } = spawnSync('dpkg-query', ['-W', '-f', '${Status}', name], { encoding: 'utf8' })
  return stdout === 'install ok installed'
}

export type Readiness = { readonly ready: true } | { readonly ready: false; readonly sentence: string }

/**
 * Installs missing system packages with apt if this is root or sudo needs no password; otherwise prints the
 * command. On other systems it lists the requirements.
 */
export function ensureSystemPackages(): Readiness {
  if (!hasProgram('dpkg-query')) return withoutApt()
  const missing = packages.filter((name) => !isInstalled(name))
  if (missing.length === 0) return { ready: true }
  if (isOffered(headlessShell)) missing.push(headlessShell)
  const install = ['apt-get', 'install', '-y', '--no-install-recommends', ...missing]
  const sudo = process.getuid?.() === 0 ? [] : ['sudo']
  if (sudo.length > 0 && spawnSync('sudo', ['-n', 'true']).status !== 0) {
    return { ready: false, sentence: `Run this first: sudo ${install.join(' ')}` }
  }
  console.log(`Installing what the tests need: ${missing.join(' ')}`)
  const quiet = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  for (const words of [['apt-get', 'update'], install]) {
    const [program = '', ...rest] = [...sudo, ...words]
    const { status } = spawnSync(program, rest, { stdio: ['ignore', 'ignore', 'inherit'], env: quiet })
    if (status !== 0) return { ready: false, sentence: `This failed: ${[program, ...rest].join(' ')}` }
  }
  return { ready: true }
}

function withoutApt(): Readiness {
  const needed =
    process.platform === 'linux' ? ['dbus-run-session', 'gnome-keyring-daemon', 'radosgw', '7za'] : []
  const missing = needed.filter((name) => !hasProgram(name))
  if (findChromium() === undefined) missing.push('Chromium (or MODELFERRY_CHROMIUM)')
  if (missing.length === 0) return { ready: true }
  return {
    ready: false,
    sentence: `Missing on this system: ${missing.join(', ')}. On Debian they come by apt.`,
  }
}

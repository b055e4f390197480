import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { Plugin } from 'vite'

interface Notice {
  readonly name: string
  readonly version: string
  readonly licence: string
  readonly text: string
}

/**
 * Records the packages in one part of the build, and writes the licence notices of all parts and of the
 * unbundled packages to `out/third-party.txt`, which the page displays. A package without a licence fails the
 * build.
 * @param project the project folder, which can differ from the configuration's folder
 */
export function thirdParty(part: string, project: string): Plugin {
  const folder = join(project, 'out/third-party')
  let packages: readonly string[] = []
  return {
    name: 'third-party',
    apply: 'build',
    generateBundle(_options, bundle) {
      const ids = Object.values(bundle).flatMap((piece) => (piece.type === 'chunk' ? piece.moduleIds : []))
      packages = [...new Set(ids.flatMap((id) => packageOf(id) ?? []))].sort()
    },
    closeBundle() {
      mkdirSync(folder, { recursive: true })
      writeFileSync(join(folder, `${part}.json`), JSON.stringify(packages))
      writeFileSync(
        join(project, 'out/third-party.txt'),
        noticesOf([...bundled(folder), ...atRunTime(project)], project),
      )
    },
  }
}

/** The package folder of a module, from `node_modules` on; undefined for the project's own modules. */
export function packageOf(moduleId: string): string | undefined {
  return /^[^?]*?(node_modules\/(?:.*\/node_modules\/)?(?:@[^/]+\/)?[^/]+)\//.exec(
    moduleId.replaceAll('\\', '/').replace(/^\0+/, ''),
  )?.[1]
}

function bundled(folder: string): string[] {
  return readdirSync(folder).flatMap(
    (name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as string[],
  )
}

interface Lock {
  readonly packages: Readonly<Record<string, { readonly dev?: boolean; readonly devOptional?: boolean }>>
}

/** Run-time dependencies according to the lock file; they are packaged unbundled. */
function atRunTime(project: string): string[] {
  const { packages } = JSON.parse(readFileSync(join(project, 'package-lock.json'), 'utf8')) as Lock
  return Object.entries(packages)
    .filter(([path, { dev, devOptional }]) => path !== '' && !dev && !devOptional)
    .map(([path]) => path)
    .filter((path) => existsSync(join(project, path)))
}

function noticesOf(paths: readonly string[], project: string): string {
  const notices = [...new Set(paths)].map((path) => noticeOf(path, project))
  const byName = notices.sort((one, other) => (one.name < other.name ? -1 : 1))
  const lines = byName.map(
    ({ name, version, licence, text }) => `${name} ${version}\nLicence: ${licence}\n\n${text}\n`,
  )
  return `Modelferry contains the software of others, each under its own licence.
Electron and Chromium bring theirs as LICENSE.electron.txt and LICENSES.chromium.html beside the program.

${lines.join(`\n${'-'.repeat(72)}\n\n`)}`
}

function noticeOf(path: string, project: string): Notice {
  const at = join(project, path)
  const { name, version, license } = JSON.parse(readFileSync(join(at, 'package.json'), 'utf8')) as {
    readonly name?: string
    readonly version?: string
    readonly license?: string
  }
  const files = readdirSync(at).filter((file) => /^(licen[cs]e|copying|notice)/i.test(file))
  const text = files.map((file) => readFileSync(join(at, file), 'utf8').trim()).join('\n\n')
  // Some packages include a licence text without naming it in package.json; its first line is used as the
  // name.
  const licence = license ?? text.split('\n')[0]
  if (!licence) throw new Error(`${path} names no licence`)
  return {
    name: name ?? basename(dirname(at)),
    version: version ?? '',
    licence,
    text: text || `(The package contains no licence text. Licence: ${licence})`,
  }
}

import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'

// `node build/release/sbom.ts FILE`: writes the components of the built app as CycloneDX. npm's list contains
// everything installed; this keeps the bundled packages, the unbundled run-time packages and Electron.

interface Component {
  readonly 'bom-ref': string
  readonly name: string
  readonly group?: string
  readonly version: string
}
interface Bom {
  components: Component[]
  dependencies: { readonly ref: string; dependsOn?: string[] }[]
}

const project = join(import.meta.dirname, '../..')
const [file = 'dist/modelferry-sbom.cdx.json'] = process.argv.slice(2)
const listed = (...options: readonly string[]): Bom =>
  JSON.parse(
    execFileSync('npm', ['sbom', '--sbom-format=cyclonedx', ...options], {
      cwd: project,
      encoding: 'utf8',
      maxBuffer: 64 * 1024 ** 2,
      shell: process.platform === 'win32',
    }),
  ) as Bom

const nameOf = ({ group, name }: Component) => (group ? `${group}/${name}` : name)
const folder = join(project, 'out/third-party')
const bundled = readdirSync(folder)
  .flatMap((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as string[])
  .map((path) => path.replace(/^.*node_modules\//, ''))
const shipped = new Set([...listed('--omit=dev').components.map(nameOf), ...bundled, 'electron'])

const bom = listed()
bom.components = bom.components.filter((component) => shipped.has(nameOf(component)))
const refs = new Set(bom.components.map((component) => component['bom-ref']))
bom.dependencies = bom.dependencies
  .filter(({ ref }) => refs.has(ref))
  .map(({ ref, dependsOn = [] }) => ({ ref, dependsOn: dependsOn.filter((one) => refs.has(one)) }))
writeFileSync(file, `${JSON.stringify(bom, null, 2)}\n`)
console.log(`${file}: ${bom.components.length} components`)

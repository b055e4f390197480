import { ESLint } from 'eslint'
import { spawn } from 'node:child_process'
import { join, relative } from 'node:path'
import { json } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { projectFolder, tempProject } from '../support/temp-project.ts'

const component = (script: string) => `<script lang="ts">\n${script}\n</script>\n`
const longFunction = (count: number, name = 'export function long') =>
  `${name}() {\n${bodyLines(count - 2)}}\n`
const codeLines = (count: number) =>
  Array.from({ length: count }, (_, line) => `export const a${line} = ${line}\n`).join('')
const bodyLines = (count: number) =>
  Array.from({ length: count }, (_, line) => `  Number(${line})\n`).join('')

/** Rejected code: file, text, and a part of the message. */
const refused: readonly (readonly [what: string, file: string, text: string, message: string])[] = [
  ['any', 'electron/recognition/a.ts', `export const a = (value: any) => String(value)\n`, 'any'],
  [
    'a default export',
    'electron/recognition/a.ts',
    `const a = 1\nexport default a\n`,
    'Prefer named exports',
  ],
  ['501 lines of code', 'electron/recognition/a.ts', codeLines(501), 'too many lines (501)'],
  ['a function of 101 lines', 'electron/recognition/a.ts', longFunction(101), 'Maximum allowed is 100'],
  [
    'a promise left alone',
    'electron/recognition/a.ts',
    `Promise.resolve(1)\nexport const a = 1\n`,
    'Promises must be awaited',
  ],
  [
    'a promise left alone by a state class of the page',
    'renderer/uploads/a.svelte.ts',
    `Promise.resolve(1)\nexport const a = 1\n`,
    'Promises must be awaited',
  ],
  [
    'open of a path',
    'electron/recognition/a.ts',
    `import { open } from 'node:fs/promises'\nexport const a = () => open('/a')\n`,
    'electron/platform/files/regular-file.ts',
  ],
  [
    'createReadStream where the network is used',
    'electron/transfer/a.ts',
    `import { createReadStream } from 'fs'\nexport const a = () => createReadStream('/a')\n`,
    'electron/platform/files/regular-file.ts',
  ],
  [
    'readFile of a whole module',
    'electron/discovery/a.ts',
    `import * as files from 'node:fs'\nexport const a = () => files.readFileSync('/a')\n`,
    'electron/platform/files/regular-file.ts',
  ],
  [
    'electron in the engine',
    'electron/uploads/a.ts',
    `import { app } from 'electron'\nexport const a = app\n`,
    'electron/desktop/',
  ],
  [
    'electron-store in the engine',
    'electron/uploads/a.ts',
    `import Store from 'electron-store'\nexport const a = Store\n`,
    'electron/desktop/',
  ],
  [
    'fetch in the engine',
    'electron/accounts/a.ts',
    `export const a = fetch('https://a.example')\n`,
    'electron/cloud/',
  ],
  [
    'node:https in desktop',
    'electron/desktop/a.ts',
    `import { get } from 'node:https'\nexport const a = get\n`,
    'electron/cloud/',
  ],
  ['fetch in the page', 'renderer/uploads/a.ts', `export const a = fetch('/x')\n`, 'electron/cloud/'],
  ['fetch in a component', 'renderer/uploads/A.svelte', component(`void fetch('/x')`), 'electron/cloud/'],
  [
    'raw ipcMain',
    'electron/desktop/a.ts',
    `import { ipcMain } from 'electron'\nexport const a = ipcMain\n`,
    'electron/desktop/ipc.ts',
  ],
  [
    'raw webContents.send',
    'electron/desktop/a.ts',
    `import type { WebContents } from 'electron'\nexport const a = (page: WebContents) => page.send('x')\n`,
    'electron/desktop/ipc.ts',
  ],
  [
    'raw ipcRenderer',
    'electron/desktop/a.ts',
    `import { ipcRenderer } from 'electron'\nexport const a = ipcRenderer\n`,
    'electron/preload.ts',
  ],
  [
    'raw openExternal',
    'electron/desktop/a.ts',
    `import { shell } from 'electron'\nexport const a = () => shell.openExternal('https://a.example')\n`,
    'electron/desktop/security/open-external.ts',
  ],
  [
    'openExternal by another name',
    'electron/main.ts',
    `import { shell } from 'electron'\nconst { openExternal: go } = shell\nexport const a = go\n`,
    'electron/desktop/security/open-external.ts',
  ],
  [
    'electron in the page',
    'renderer/uploads/a.ts',
    `import { app } from 'electron'\nexport const a = app\n`,
    'electron/desktop/',
  ],
  [
    'the engine in the page',
    'renderer/uploads/a.ts',
    `import type { A } from '../../electron/uploads/a.ts'\nexport type B = A\n`,
    'contract/ and messages/ only',
  ],
  [
    'the engine in a component',
    'renderer/uploads/A.svelte',
    component(`import type { A } from '../../electron/uploads/a.ts'\nexport const a: A = 1`),
    'contract/ and messages/ only',
  ],
  [
    'Node in the page',
    'renderer/uploads/a.ts',
    `import { open } from 'node:fs'\nexport const a = open\n`,
    'no Node',
  ],
  [
    'the bridge in a component',
    'renderer/uploads/A.svelte',
    component(`import type { Bridge } from '../bridge.ts'\nexport const a: Bridge = 1`),
    'bridge',
  ],
  [
    'the contract at work in a component',
    'renderer/uploads/A.svelte',
    component(`import { failure } from '../../electron/contract/failures.ts'\nfailure()`),
    'Components take types',
  ],
  [
    'a loose comparison in a template',
    'renderer/uploads/A.svelte',
    component(`let { a }: { a: string } = $props()`) + `{#if a == 'b'}{a}{/if}\n`,
    '===',
  ],
  [
    'HTML as it comes',
    'renderer/uploads/A.svelte',
    component(`let { a }: { a: string } = $props()`) + '{@html a}\n',
    '{@html}',
  ],
  [
    'a test as a source',
    'electron/recognition/a.ts',
    `import { a } from '../../test/support/a.ts'\nexport const b = a\n`,
    'must not import from it',
  ],
]

const accepted: readonly (readonly [what: string, file: string, text: string])[] = [
  [
    'two functions of 40 lines in one that contains them',
    'electron/recognition/a.ts',
    `export const hold = () => {\n${longFunction(40, 'const a = function')}${longFunction(40, 'const b = function')}return [a, b]\n}\n`,
  ],
  ['fetch in cloud', 'electron/cloud/a.ts', `export const a = () => fetch('https://a.example')\n`],
  [
    'node:https in transfer',
    'electron/transfer/a.ts',
    `import { request } from 'node:https'\nexport const a = request\n`,
  ],
  [
    'a type of node:http anywhere',
    'electron/recognition/a.ts',
    `import type { Agent } from 'node:http'\nexport type A = Agent\n`,
  ],
  [
    'stat of a path and the type of an open file',
    'electron/recognition/a.ts',
    `import { stat, type FileHandle } from 'node:fs/promises'\nexport const a = (one: FileHandle) => [one, stat]\n`,
  ],
  [
    'open in its wrapper',
    'electron/platform/files/regular-file.ts',
    `import { open } from 'node:fs/promises'\nexport const a = open\n`,
  ],
  [
    'ipcMain in its wrapper',
    'electron/desktop/ipc.ts',
    `import { ipcMain } from 'electron'\nexport const a = ipcMain\n`,
  ],
  [
    'ipcRenderer in the preload',
    'electron/preload.ts',
    `import { ipcRenderer } from 'electron'\nexport const a = ipcRenderer\n`,
  ],
  [
    'openExternal in its wrapper',
    'electron/desktop/security/open-external.ts',
    `import { shell } from 'electron'\nexport const a = () => shell.openExternal('https://a.example')\n`,
  ],
  [
    'showing a file in its folder',
    'electron/desktop/a.ts',
    `import { shell } from 'electron'\nexport const a = () => shell.showItemInFolder('/a')\n`,
  ],
  [
    'the contract in the page',
    'renderer/uploads/a.ts',
    `import { failure } from '../../electron/contract/failures.ts'\nexport const a = failure\n`,
  ],
  [
    'contract types in a component',
    'renderer/uploads/A.svelte',
    component(
      `import type { UploadRow } from '../../electron/contract/uploads.ts'\nlet { row }: { row: UploadRow } = $props()`,
    ) + '{row.id}\n',
  ],
]

/** A file that no rule names gets the number of its case, so that one project has all cases. */
const numbered = (number: number, file: string) =>
  file.replace(/\/(a|A)(\.svelte)?\.(ts|svelte)$/, `/$1${number}$2.$3`)

interface Found {
  readonly file: string
  readonly message: string
}

async function eslintMessages(folder: string, files: readonly string[]): Promise<readonly Found[]> {
  const results = await new ESLint({ cwd: folder }).lintFiles([...files])
  return results.flatMap(({ filePath, messages }) =>
    messages.map(({ message }) => ({ file: relative(folder, filePath), message })),
  )
}

async function oxlintMessages(folder: string): Promise<readonly Found[]> {
  const oxlint = spawn(join(projectFolder, 'node_modules/.bin/oxlint'), ['--format=json'], { cwd: folder })
  const { diagnostics } = (await json(oxlint.stdout)) as {
    readonly diagnostics: readonly { readonly filename: string; readonly message: string }[]
  }
  return diagnostics.map(({ filename, message }) => ({ file: filename, message }))
}

/** The messages of all cases: one project is checked as quickly as one file, whose types take longest. */
const messages = (async () => {
  const texts = [...refused, ...accepted].map(([, file, text], number) => [numbered(number, file), text])
  using project = tempProject(Object.fromEntries(texts) as Record<string, string>)
  const files = texts.map(([file = '']) => file)
  const found = await Promise.all([eslintMessages(project.folder, files), oxlintMessages(project.folder)])
  return files.map((name) => found.flat().flatMap(({ file, message }) => (file === name ? [message] : [])))
})()

test.each(refused.map(([what, file, , message], number) => [what, file, message, number] as const))(
  'rejects %s in %s and names the right place',
  async (_what, _file, message, number) => {
    expect((await messages)[number]).toEqual(expect.arrayContaining([expect.stringContaining(message)]))
  },
)

test.each(accepted.map(([what, file], index) => [what, file, refused.length + index] as const))(
  'accepts %s (%s)',
  async (_what, _file, number) => {
    expect((await messages)[number]).toEqual([])
  },
)

test('skips files that are not checked in, such as the configuration that a build compiles', async () => {
  const eslint = new ESLint({ cwd: projectFolder })
  const ignored = ['electron.vite.config.ts.1795713951922-f9abad31dd8208.mjs', 'out/main/start.js']
  for (const path of ignored) await expect(eslint.isPathIgnored(path), path).resolves.toBe(true)
  await expect(eslint.isPathIgnored('electron.vite.config.ts')).resolves.toBe(false)
})

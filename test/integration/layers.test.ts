import { cruise } from 'dependency-cruiser'
import type { ICruiseOptions, ICruiseResult, IFlattenedRuleSet } from 'dependency-cruiser'
import { pathToFileURL } from 'node:url'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { projectFolder, tempProject } from '../support/temp-project.ts'

interface Layers {
  readonly forbidden: NonNullable<IFlattenedRuleSet['forbidden']>
  readonly options: ICruiseOptions
}
const { default: layers } = (await import(
  pathToFileURL(join(projectFolder, '.dependency-cruiser.mjs')).href
)) as { default: Layers }

/** One file or more in every room, each importing what it may. */
const lawful = {
  'electron/contract/model.ts': `import * as v from 'valibot'\nexport const name = v.string()\n`,
  'electron/models/recognise.ts': `import { name } from '../contract/model.ts'\nimport { open } from 'node:fs/promises'\nexport const recognise = [name, open]\n`,
  'electron/transfer/send.ts': `import { request } from 'node:https'\nexport const send = request\n`,
  'electron/cloud/client.ts': `import { name } from '../contract/model.ts'\nexport const client = name\n`,
  'electron/accounts/session.ts': `import { client } from '../cloud/client.ts'\nexport const session = client\n`,
  'electron/library/listing.ts': `import { client } from '../cloud/client.ts'\nimport { session } from '../accounts/session.ts'\nexport const listing = [client, session]\n`,
  'electron/finding/finding.ts': `import { recognise } from '../models/recognise.ts'\nexport const finding = recognise\n`,
  'electron/uploads/queue.ts': `import { session } from '../accounts/session.ts'\nexport const queue = session\n`,
  'electron/uploads/upload.ts': `import { send } from '../transfer/send.ts'\nimport { recognise } from '../models/recognise.ts'\nexport const upload = [send, recognise]\n`,
  'electron/uploader.ts': `import { queue } from './uploads/queue.ts'\nimport { upload } from './uploads/upload.ts'\nexport const uploader = [queue, upload]\n`,
  'electron/desktop/log.ts': `import { appendFile } from 'node:fs/promises'\nexport const log = appendFile\n`,
  'electron/command-line/main.ts': `import { log } from '../desktop/log.ts'\nimport { uploader } from '../uploader.ts'\nexport const run = [log, uploader]\n`,
  'electron/desktop/tray.ts': `import { Tray } from 'electron'\nimport { uploader } from '../uploader.ts'\nexport const tray = [Tray, uploader]\n`,
  'electron/main.ts': `import { app } from 'electron'\nimport { tray } from './desktop/tray.ts'\nexport const main = [app, tray]\n`,
  'electron/preload.ts': `import { contextBridge } from 'electron'\nexport const preload = contextBridge\n`,
  'renderer/bridge.ts': `import type { name } from '../electron/contract/model.ts'\nexport type Bridge = typeof name\n`,
  'renderer/state/uploads.ts': `import type { Bridge } from '../bridge.ts'\nexport type State = Bridge\n`,
  'renderer/components/Row.svelte': `<script lang="ts">\nimport type { State } from '../state/uploads.ts'\nlet { row }: { row: State } = $props()\n</script>\n{row}\n`,
  'test/cloud/server.ts': `import { createServer } from 'node:http'\nimport { jwtVerify } from 'jose'\nexport const server = [createServer, jwtVerify]\n`,
  'test/electron-host/boot.ts': `import { spawn } from 'node:child_process'\nexport const boot = spawn\n`,
}

/** rule → the file that breaks it, and the import by which it does. */
const broken: Readonly<Record<string, readonly [file: string, imported: string]>> = {
  'contract-rooms': ['electron/contract/x.ts', '../cloud/client.ts'],
  'contract-packages': ['electron/contract/x.ts', 'svelte'],
  'contract-node': ['electron/contract/x.ts', 'node:fs'],
  'models-rooms': ['electron/models/x.ts', '../transfer/send.ts'],
  'models-packages': ['electron/models/x.ts', 'electron'],
  'transfer-rooms': ['electron/transfer/x.ts', '../cloud/client.ts'],
  'transfer-packages': ['electron/transfer/x.ts', 'electron'],
  'cloud-rooms': ['electron/cloud/x.ts', '../models/recognise.ts'],
  'cloud-packages': ['electron/cloud/x.ts', 'electron'],
  'accounts-rooms': ['electron/accounts/x.ts', '../uploads/queue.ts'],
  'accounts-packages': ['electron/accounts/x.ts', 'electron'],
  'library-rooms': ['electron/library/x.ts', '../uploads/queue.ts'],
  'library-packages': ['electron/library/x.ts', 'electron'],
  'finding-rooms': ['electron/finding/x.ts', '../uploads/queue.ts'],
  'finding-packages': ['electron/finding/x.ts', 'electron'],
  'watching-rooms': ['electron/watching/x.ts', '../finding/finding.ts'],
  'watching-packages': ['electron/watching/x.ts', 'electron'],
  'uploads-rooms': ['electron/uploads/x.ts', '../desktop/tray.ts'],
  'uploads-packages': ['electron/uploads/x.ts', 'electron'],
  'uploader-rooms': ['electron/uploader.ts', './desktop/tray.ts'],
  'uploader-packages': ['electron/uploader.ts', 'electron'],
  'command-line-rooms': ['electron/command-line/x.ts', '../desktop/tray.ts'],
  'command-line-packages': ['electron/command-line/x.ts', 'electron'],
  'desktop-rooms': ['electron/desktop/x.ts', '../uploads/queue.ts'],
  'desktop-packages': ['electron/desktop/x.ts', 'svelte'],
  'main-rooms': ['electron/main.ts', './transfer/send.ts'],
  'main-packages': ['electron/main.ts', 'electron-store'],
  'start-rooms': ['electron/start.ts', './uploader.ts'],
  'start-packages': ['electron/start.ts', 'electron-store'],
  'preload-rooms': ['electron/preload.ts', './desktop/tray.ts'],
  'preload-packages': ['electron/preload.ts', 'valibot'],
  'preload-node': ['electron/preload.ts', 'node:fs'],
  'page-rooms': ['renderer/state/x.ts', '../../electron/uploader.ts'],
  'page-packages': ['renderer/state/x.ts', 'electron'],
  'page-node': ['renderer/state/x.ts', 'node:fs'],
  'components-rooms': ['renderer/components/x.ts', '../bridge.ts'],
  'components-packages': ['renderer/components/x.ts', 'electron'],
  'components-node': ['renderer/components/x.ts', 'node:fs'],
  'test-cloud-rooms': ['test/cloud/x.ts', '../../electron/contract/model.ts'],
  'electron-host-rooms': ['test/electron-host/x.ts', '../cloud/server.ts'],
  'electron-host-packages': ['test/electron-host/x.ts', 'jose'],
  'command-line-without-electron': ['electron/desktop/log.ts', 'electron'],
  'queue-knows-no-upload': ['electron/uploads/queue.ts', './upload.ts'],
  'upload-knows-no-queue': ['electron/uploads/upload.ts', './queue.ts'],
  'nobody-imports-test': ['renderer/state/x.ts', '../../test/cloud/server.ts'],
  'no-circles': ['electron/contract/model.ts', './y.ts'],
  'everything-resolves': ['electron/cloud/x.ts', './nowhere.ts'],
}

/** Names of the rules that a tree breaks, each once. */
async function brokenRules(files: Readonly<Record<string, string>>): Promise<string[]> {
  using project = tempProject(files)
  const { output } = await cruise(['electron', 'renderer', 'test'], {
    ...layers.options,
    baseDir: project.folder,
    ruleSet: { forbidden: layers.forbidden },
    validate: true,
  })
  return [...new Set((output as ICruiseResult).summary.violations.map((violation) => violation.rule.name))]
}

test('a tree in which each room keeps to its row passes', async () => {
  expect(await brokenRules(lawful)).toEqual([])
})

test('every layer rule has a case below that breaks it', () => {
  expect(Object.keys(broken).sort()).toEqual(layers.forbidden.map((rule) => rule.name ?? '').sort())
})

test.each(Object.entries(broken))('%s: an import against it is refused', async (rule, [file, imported]) => {
  const before = (lawful as Record<string, string>)[file] ?? ''
  const circle = rule === 'no-circles' ? { 'electron/contract/y.ts': `import './model.ts'\n` } : {}
  const files = { ...lawful, ...circle, [file]: `import '${imported}'\n${before}` }
  expect(await brokenRules(files)).toContain(rule)
})

test('a type that crosses a border is refused like a value', async () => {
  const type = `import type { client } from '../cloud/client.ts'\nexport type Client = typeof client\n`
  expect(await brokenRules({ ...lawful, 'electron/contract/x.ts': type })).toEqual(['contract-rooms'])
})

test('a component that imports the bridge is refused', async () => {
  const component = `<script lang="ts">\nimport { bridge } from '../bridge.ts'\n</script>\n{bridge}\n`
  const files = {
    ...lawful,
    'renderer/bridge.ts': 'export const bridge = 1\n',
    'renderer/components/X.svelte': component,
  }
  expect(await brokenRules(files)).toEqual(['components-rooms'])
})

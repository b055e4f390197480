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

/** At least one file in every folder, each with allowed imports. */
const validTree = {
  'electron/contract/uploads.ts': `import * as v from 'valibot'\nexport const name = v.string()\n`,
  'electron/messages/messages.ts': `import { IntlMessageFormat } from 'intl-messageformat'\nexport const messages = IntlMessageFormat\n`,
  'electron/platform/log.ts': `import { appendFile } from 'node:fs/promises'\nexport const log = appendFile\n`,
  'electron/recognition/recognise.ts': `import { name } from '../contract/uploads.ts'\nimport { open } from 'node:fs/promises'\nexport const recognise = [name, open]\n`,
  'electron/transfer/send.ts': `import { request } from 'node:https'\nexport const send = request\n`,
  'electron/cloud/client.ts': `import { name } from '../contract/uploads.ts'\nexport const client = name\n`,
  'electron/accounts/session.ts': `import { client } from '../cloud/client.ts'\nexport const session = client\n`,
  'electron/library/library.ts': `import { client } from '../cloud/client.ts'\nimport { session } from '../accounts/session.ts'\nexport const library = [client, session]\n`,
  'electron/journal/store.ts': `import { DatabaseSync } from 'node:sqlite'\nexport const store = DatabaseSync\n`,
  'electron/discovery/find-models.ts': `import { recognise } from '../recognition/recognise.ts'\nexport const findModels = recognise\n`,
  'electron/conflicts/duplicates.ts': `import { library } from '../library/library.ts'\nexport const duplicates = library\n`,
  'electron/queue/queue.ts': `import { store } from '../journal/store.ts'\nexport const queue = store\n`,
  'electron/feed/feed.ts': `import { store } from '../journal/store.ts'\nexport const feed = store\n`,
  'electron/uploads/run-upload.ts': `import { send } from '../transfer/send.ts'\nimport { duplicates } from '../conflicts/duplicates.ts'\nexport const upload = [send, duplicates]\n`,
  'electron/intake/enqueue.ts': `import { queue } from '../queue/queue.ts'\nimport { findModels } from '../discovery/find-models.ts'\nexport const enqueue = [queue, findModels]\n`,
  'electron/engine/engine.ts': `import { enqueue } from '../intake/enqueue.ts'\nimport { upload } from '../uploads/run-upload.ts'\nexport const engine = [enqueue, upload]\n`,
  'electron/cli/main.ts': `import { log } from '../platform/log.ts'\nimport { engine } from '../engine/engine.ts'\nexport const run = [log, engine]\n`,
  'electron/desktop/tray/tray.ts': `import { Tray } from 'electron'\nimport { engine } from '../../engine/engine.ts'\nexport const tray = [Tray, engine]\n`,
  'electron/main.ts': `import { app } from 'electron'\nimport { tray } from './desktop/tray/tray.ts'\nexport const main = [app, tray]\n`,
  'electron/preload.ts': `import { contextBridge } from 'electron'\nexport const preload = contextBridge\n`,
  'renderer/bridge.ts': `import type { name } from '../electron/contract/uploads.ts'\nexport type Bridge = typeof name\n`,
  'renderer/uploads/queue.ts': `import type { Bridge } from '../bridge.ts'\nexport type State = Bridge\n`,
  'renderer/uploads/Row.svelte': `<script lang="ts">\nimport type { State } from './queue.ts'\nlet { row }: { row: State } = $props()\n</script>\n{row}\n`,
  'test/cloud/server.ts': `import { createServer } from 'node:http'\nimport { jwtVerify } from 'jose'\nexport const server = [createServer, jwtVerify]\n`,
  'test/electron-host/boot.ts': `import { spawn } from 'node:child_process'\nexport const boot = spawn\n`,
}

/** Rule → the file that violates it, and the import that does so. */
const broken: Readonly<Record<string, readonly [file: string, imported: string]>> = {
  'contract-folders': ['electron/contract/x.ts', '../cloud/client.ts'],
  'contract-packages': ['electron/contract/x.ts', 'svelte'],
  'contract-node': ['electron/contract/x.ts', 'node:fs'],
  'messages-folders': ['electron/messages/x.ts', '../platform/log.ts'],
  'messages-packages': ['electron/messages/x.ts', 'svelte'],
  'messages-node': ['electron/messages/x.ts', 'node:fs'],
  'platform-folders': ['electron/platform/x.ts', '../cloud/client.ts'],
  'platform-packages': ['electron/platform/x.ts', 'electron'],
  'recognition-folders': ['electron/recognition/x.ts', '../transfer/send.ts'],
  'recognition-packages': ['electron/recognition/x.ts', 'electron'],
  'transfer-folders': ['electron/transfer/x.ts', '../cloud/client.ts'],
  'transfer-packages': ['electron/transfer/x.ts', 'electron'],
  'cloud-folders': ['electron/cloud/x.ts', '../recognition/recognise.ts'],
  'cloud-packages': ['electron/cloud/x.ts', 'electron'],
  'accounts-folders': ['electron/accounts/x.ts', '../uploads/run-upload.ts'],
  'accounts-packages': ['electron/accounts/x.ts', 'electron'],
  'library-folders': ['electron/library/x.ts', '../queue/queue.ts'],
  'library-packages': ['electron/library/x.ts', 'electron'],
  'journal-folders': ['electron/journal/x.ts', '../uploads/run-upload.ts'],
  'journal-packages': ['electron/journal/x.ts', 'electron'],
  'discovery-folders': ['electron/discovery/x.ts', '../uploads/run-upload.ts'],
  'discovery-packages': ['electron/discovery/x.ts', 'electron'],
  'conflicts-folders': ['electron/conflicts/x.ts', '../queue/queue.ts'],
  'conflicts-packages': ['electron/conflicts/x.ts', 'electron'],
  'uploads-folders': ['electron/uploads/x.ts', '../desktop/tray/tray.ts'],
  'uploads-packages': ['electron/uploads/x.ts', 'electron'],
  'queue-folders': ['electron/queue/x.ts', '../uploads/run-upload.ts'],
  'queue-packages': ['electron/queue/x.ts', 'electron'],
  'feed-folders': ['electron/feed/x.ts', '../queue/queue.ts'],
  'feed-packages': ['electron/feed/x.ts', 'electron'],
  'intake-folders': ['electron/intake/x.ts', '../cloud/client.ts'],
  'intake-packages': ['electron/intake/x.ts', 'electron'],
  'engine-folders': ['electron/engine/x.ts', '../desktop/tray/tray.ts'],
  'engine-packages': ['electron/engine/x.ts', 'electron'],
  'host-folders': ['electron/host/x.ts', '../engine/engine.ts'],
  'host-packages': ['electron/host/x.ts', 'electron'],
  'cli-folders': ['electron/cli/x.ts', '../desktop/tray/tray.ts'],
  'cli-packages': ['electron/cli/x.ts', 'electron'],
  'desktop-folders': ['electron/desktop/x.ts', '../queue/queue.ts'],
  'desktop-packages': ['electron/desktop/x.ts', 'svelte'],
  'main-folders': ['electron/main.ts', './transfer/send.ts'],
  'main-packages': ['electron/main.ts', 'electron-store'],
  'start-folders': ['electron/start.ts', './engine/engine.ts'],
  'start-packages': ['electron/start.ts', 'electron-store'],
  'preload-folders': ['electron/preload.ts', './desktop/tray/tray.ts'],
  'preload-packages': ['electron/preload.ts', 'valibot'],
  'preload-node': ['electron/preload.ts', 'node:fs'],
  'page-folders': ['renderer/uploads/x.ts', '../../electron/engine/engine.ts'],
  'page-packages': ['renderer/uploads/x.ts', 'electron'],
  'page-node': ['renderer/uploads/x.ts', 'node:fs'],
  'components-folders': ['renderer/uploads/Row.svelte', '../bridge.ts'],
  'components-packages': ['renderer/uploads/Row.svelte', 'electron'],
  'components-node': ['renderer/uploads/Row.svelte', 'node:fs'],
  'test-cloud-folders': ['test/cloud/x.ts', '../../electron/contract/uploads.ts'],
  'electron-host-folders': ['test/electron-host/x.ts', '../cloud/server.ts'],
  'electron-host-packages': ['test/electron-host/x.ts', 'jose'],
  'cli-without-electron': ['electron/platform/log.ts', 'electron'],
  'no-imports-of-tests': ['renderer/uploads/x.ts', '../../test/cloud/server.ts'],
  'no-cycles': ['electron/contract/uploads.ts', './y.ts'],
  'no-unresolved-imports': ['electron/cloud/x.ts', './missing.ts'],
}

async function violationsIn(
  files: Readonly<Record<string, string>>,
): Promise<ICruiseResult['summary']['violations']> {
  using project = tempProject(files)
  const { output } = await cruise(['electron', 'renderer', 'test'], {
    ...layers.options,
    baseDir: project.folder,
    ruleSet: { forbidden: layers.forbidden },
    validate: true,
  })
  return (output as ICruiseResult).summary.violations
}

/** Names of the rules that a tree violates, each once. */
async function brokenRules(files: Readonly<Record<string, string>>): Promise<string[]> {
  return [...new Set((await violationsIn(files)).map((violation) => violation.rule.name))]
}

test('accepts a tree in which each folder imports what its row allows', async () => {
  expect(await brokenRules(validTree)).toEqual([])
})

test('has a violation below for every rule', () => {
  expect(Object.keys(broken).sort()).toEqual(layers.forbidden.map((rule) => rule.name ?? '').sort())
})

/** A component's imports are in its script. */
function withImport(text: string, imported: string): string {
  const start = '<script lang="ts">\n'
  return text.startsWith(start)
    ? `${start}import '${imported}'\n${text.slice(start.length)}`
    : `import '${imported}'\n${text}`
}

/** A new file of the tree is named after the rule that it violates, so that one tree has all of them. */
const ownFile = (rule: string, file: string) => file.replace(/\/x\.ts$/, `/${rule}.ts`)

/** Every violation in one tree: checking one tree takes as long as checking one violation. */
const allViolations = (() => {
  const files: Record<string, string> = { ...validTree, 'electron/contract/y.ts': `import './uploads.ts'\n` }
  for (const [rule, [file, imported]] of Object.entries(broken)) {
    const path = ownFile(rule, file)
    files[path] = withImport(files[path] ?? '', imported)
  }
  return violationsIn(files)
})()

test.each(Object.entries(broken))('rejects an import that violates %s', async (rule, [file]) => {
  const files = (await allViolations).filter(({ rule: { name } }) => name === rule).map(({ from }) => from)
  // A rule about reachable files names the first one.
  expect(files).toContain(rule === 'cli-without-electron' ? 'electron/cli/main.ts' : ownFile(rule, file))
})

test('rejects a type import like a value import', async () => {
  const type = `import type { client } from '../cloud/client.ts'\nexport type Client = typeof client\n`
  expect(await brokenRules({ ...validTree, 'electron/contract/x.ts': type })).toEqual(['contract-folders'])
})

test('rejects a component that imports the bridge', async () => {
  const component = `<script lang="ts">\nimport { bridge } from '../bridge.ts'\n</script>\n{bridge}\n`
  const files = {
    ...validTree,
    'renderer/bridge.ts': 'export const bridge = 1\n',
    'renderer/uploads/X.svelte': component,
  }
  expect(await brokenRules(files)).toEqual(['components-folders'])
})

import { expect, test } from 'vitest'
import { listAgents } from '../../../electron/cloud/agents.ts'
import { createAnsweringClient, deviceSigner } from '../../support/answering-client.ts'
import { valueOf } from '../../support/engine.ts'

const listFrom = (answer: unknown) =>
  listAgents(
    createAnsweringClient(() => answer),
    deviceSigner,
    new AbortController().signal,
  )
const agentsOf = async (agents: readonly unknown[]) =>
  valueOf(await listFrom({ agent_list: agents, page_meta: { total_count: 1 } }))

test('reads what an agent does, and treats absent members as unknown', async () => {
  const syncing = {
    ...{ agent_id: 'gpu-node-01', agent_status: 'syncing', agent_labels: ['gpu'], sync_phase: 'downloading' },
    ...{ sync_detail: 'Downloading model', sync_percent: 45.7, connected_at: '2026-01-01T00:00:00Z' },
  }
  expect(await agentsOf([syncing, { agent_id: 'two', agent_status: 'idle' }])).toEqual([
    {
      ...{ name: 'gpu-node-01', status: 'syncing' },
      ...{ syncDetail: 'Downloading model', syncPercent: 45 },
    },
    { name: 'two', status: 'idle', syncDetail: '', syncPercent: null },
  ])
})

test('leaves out invalid agents, and more of them than a team has', async () => {
  const many = Array.from({ length: 5_000 }, (_, index) => ({ agent_id: `${index}`, agent_status: 'idle' }))
  expect(await agentsOf([{ agent_status: 'idle' }, 5, null, { agent_id: 'x'.repeat(300) }])).toEqual([])
  expect(await agentsOf(many)).toHaveLength(100)
})

test.each([
  [1e9, 100],
  [100, 100],
  [99.9, 99],
  [0.9, 0],
  [-5, 0],
])('shows a progress of %d %% as %i %%', async (percent, expected) => {
  const agent = { agent_id: 'a', agent_status: 'syncing', sync_percent: percent }
  expect(await agentsOf([agent])).toMatchObject([{ syncPercent: expected }])
})

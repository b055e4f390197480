import type { CallArgs } from '../../electron/contract/calls.ts'
import { ALICES_TEAM_ID } from '../cloud/accounts.ts'
import { setup, valueOf, type EngineOptions } from './engine.ts'

/** A library path already used by a model of the team. */
export const takenPath = 'models/loras/style.safetensors'

/** A team with a model at the path of an upload with other content. */
export async function collision(options: EngineOptions = {}, enqueueOptions = {}) {
  const harness = await setup(options)
  const { app, cloud, file } = harness
  const oldId = cloud.addModel(ALICES_TEAM_ID, { display_name: 'Old style', model_path: takenPath })
  const [id = ''] = await app.add(await file('loras/style.safetensors'), {
    target: { modelPath: takenPath },
    ...enqueueOptions,
  })
  const decide = async (choice: CallArgs<'decide'>['choice'], more: Partial<CallArgs<'decide'>> = {}) =>
    valueOf(await app.engine.decide({ ids: [id], choice, fate: 'disable', ...more }))
  const library = () =>
    cloud
      .modelsOf(ALICES_TEAM_ID)
      .map(({ display_name: name, model_path, model_status: status }) => [name, model_path, status])
  return { ...harness, id, oldId, decide, library }
}

/** That model as `library()` returns it: name, path and status. */
export const oldStyle = ['Old style', takenPath, 'active']

import type { Bridge } from '../../electron/contract/calls.ts'
import type { MessageKey } from '../../electron/messages/messages.ts'
import type { NoticesState } from '../ui/notices-state.svelte.ts'

interface Services {
  readonly bridge: Pick<Bridge, 'undoRemove'>
  readonly notices: NoticesState
}

/** Says how many files were removed, and offers to restore them. */
export function offerUndoRemove(services: Services, key: MessageKey, ids: readonly string[]): void {
  if (ids.length === 0) return
  services.notices.showWithUndo({
    key,
    params: { count: ids.length },
    onaction: () => void undoRemove(services, ids),
  })
}

async function undoRemove({ bridge, notices }: Services, ids: readonly string[]): Promise<void> {
  const result = await bridge.undoRemove({ ids: [...ids] })
  if (!result.ok) return notices.failure(result.failure)
  const count = result.value.length
  if (count < ids.length) notices.showError('undo.partly', { count })
}

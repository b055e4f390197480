import type { MessageKey } from '../../electron/messages/messages.ts'
import type { Services } from '../app/services.ts'

type Undo = Pick<Services, 'bridge' | 'notices'>

/** Says how many files were removed, and offers to restore them. */
export function offerUndoRemove(services: Undo, key: MessageKey, ids: readonly string[]): void {
  if (ids.length === 0) return
  services.notices.showWithUndo({
    key,
    params: { count: ids.length },
    onaction: () => undoRemove(services, ids),
  })
}

async function undoRemove({ bridge, notices }: Undo, ids: readonly string[]): Promise<boolean> {
  const result = await bridge.undoRemove({ ids })
  if (result.ok && result.value.length < ids.length)
    notices.showError('undo.partly', { count: result.value.length })
  return result.ok
}

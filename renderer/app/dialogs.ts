/** The open modal dialog, or null. The review is a sheet, in which pasting, Undo and the shortcuts work. */
const openDialog = () => document.querySelector('dialog[open]:not(.sheet)')

/** Whether a modal dialog is open, so that nothing happens behind it. */
export const isDialogOpen = (): boolean => openDialog() !== null

/** Postpones what would happen behind an open dialog until it has closed; only the last request is kept. */
export function createDialogDelay(): (run: () => void) => void {
  let postponed: (() => void) | null = null
  function request(run: () => void): void {
    const dialog = openDialog()
    if (!dialog) return run()
    if (!postponed) dialog.addEventListener('close', runPostponed, { once: true })
    postponed = run
  }
  function runPostponed(): void {
    const run = postponed
    postponed = null
    // Another dialog may be open.
    if (run) request(run)
  }
  return request
}

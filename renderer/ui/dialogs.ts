/**
 * Whether a modal dialog is open, so that nothing happens behind it. The review is a sheet, in which pasting, Undo and
 * the shortcuts work.
 */
export const isDialogOpen = (): boolean => document.querySelector('dialog[open]:not(.sheet)') !== null

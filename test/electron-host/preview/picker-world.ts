export interface PickerOptions {
  readonly isFolder: boolean
  readonly isMultiple: boolean
  /** The endings of the files that are proposed, as in `accept` of an input. */
  readonly accept: string
}

/**
 * Opens Chromium's file chooser, without an element that the page could reach. Of a folder it returns the first
 * file, and nothing when cancelled. Its source is injected, so it must not use anything outside the function.
 */
export function pickFiles({ isFolder, isMultiple, accept }: PickerOptions): Promise<File[]> {
  const input = document.createElement('input')
  // Chromium would otherwise collect it while its chooser is open.
  Object.assign(globalThis, { electronHostInput: input })
  Object.assign(input, { type: 'file', webkitdirectory: isFolder, multiple: isMultiple, accept })
  return new Promise((resolve) => {
    input.addEventListener('change', () =>
      resolve([...(input.files ?? [])].slice(0, isFolder ? 1 : undefined)),
    )
    input.addEventListener('cancel', () => resolve([]))
    input.click()
  })
}

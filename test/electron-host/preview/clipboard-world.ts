/** Puts a text on the system's clipboard. Its source is injected, so it must not use anything outside the function. */
export function copyText(text: string): void {
  const copied = (event: ClipboardEvent) => {
    event.clipboardData?.setData('text/plain', text)
    event.preventDefault()
    event.stopImmediatePropagation()
  }
  window.addEventListener('copy', copied, { capture: true, once: true })
  document.execCommand('copy')
  window.removeEventListener('copy', copied, { capture: true })
}

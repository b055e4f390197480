/** A question in front of the page. */
export interface Question {
  readonly message: string
  readonly detail: string
  readonly buttons: readonly string[]
  /** The button that Enter presses. */
  readonly defaultId: number
  /** The button that Escape presses. */
  readonly cancelId: number
  /** The initial text of an input field, if there is one. */
  readonly input?: string
}

export interface Answer {
  readonly button: number
  readonly input: string
}

/**
 * Shows a question in a world of its own and in a closed shadow tree, so that the page can neither reach nor answer
 * it. Its source is injected, so it must not use anything outside the function.
 */
export function showQuestion(question: Question): Promise<Answer> {
  const { message, detail, buttons, defaultId, cancelId, input } = question
  const sheet = new CSSStyleSheet()
  sheet.replaceSync(`
    dialog { color-scheme: light dark; --border: light-dark(#8a939d, #6d7781);
      background: light-dark(#fff, #22272d); color: light-dark(#1b1f24, #e6e9ed); border: 1px solid var(--border);
      border-radius: 8px; padding: 20px; width: 500px; max-width: calc(100vw - 32px); box-sizing: border-box;
      max-height: calc(100vh - 32px); overflow: auto; font: 14px/1.45 system-ui, sans-serif;
      box-shadow: 0 12px 40px #0006 }
    dialog::backdrop { background: #0007 }
    h1 { font-size: 15px; margin: 0 }
    h1, p { white-space: pre-line; overflow-wrap: anywhere }
    p { margin: 10px 0 0 }
    input { display: block; width: 100%; box-sizing: border-box; margin-top: 12px; padding: 6px 8px; font: inherit }
    div { display: flex; flex-wrap: wrap; justify-content: flex-end; gap: 8px; margin-top: 18px }
    button { font: inherit; padding: 5px 14px; border-radius: 5px; border: 1px solid var(--border);
      background: light-dark(#f3f5f7, #333a42); color: inherit }
    button.default { border-color: transparent; background: #0b62a4; color: #fff }
    :focus-visible { outline: 2px solid light-dark(#0b62a4, #6db8f2); outline-offset: 2px }
  `)
  const add = <T extends HTMLElement>(parent: Node, element: T, facts: Partial<T>): T => {
    parent.appendChild(Object.assign(element, facts))
    return element
  }
  const anchor = document.createElement('electron-host-question')
  const shadow = anchor.attachShadow({ mode: 'closed' })
  shadow.adoptedStyleSheets = [sheet]
  const dialog = add(shadow, document.createElement('dialog'), { role: 'alertdialog', ariaLabel: message })
  add(dialog, document.createElement('h1'), { textContent: message })
  if (detail) add(dialog, document.createElement('p'), { textContent: detail })
  const field = document.createElement('input')
  if (input !== undefined) add(dialog, field, { value: input, ariaLabel: message, spellcheck: false })
  const row = add(dialog, document.createElement('div'), {})

  return new Promise((resolve) => {
    const finish = (button: number) => {
      removal.disconnect()
      dialog.close()
      anchor.remove()
      resolve({ button, input: field.value })
    }
    const pressed = (event: Event, button: number) => {
      event.preventDefault()
      if (event.isTrusted) finish(button)
    }
    const shown = buttons.map((label, index) => {
      const button = add(row, document.createElement('button'), { textContent: label })
      button.classList.toggle('default', index === defaultId)
      button.addEventListener('click', (event) => pressed(event, index))
      return button
    })
    dialog.addEventListener('cancel', (event) => pressed(event, cancelId))
    field.addEventListener('keydown', (event) => {
      if (event.key === 'Enter') pressed(event, defaultId)
    })
    // The page's own dialogs must not take this input for theirs.
    const kinds =
      'keydown keyup pointerdown pointerup mousedown mouseup click focusin focusout input contextmenu'
    for (const kind of kinds.split(' ')) anchor.addEventListener(kind, (event) => event.stopPropagation())
    // Chromium's shortcuts, except editing, would leave the page.
    anchor.addEventListener('keydown', (event) => {
      if (event.ctrlKey && !'acvxyz'.includes(event.key.toLowerCase())) event.preventDefault()
    })
    // The page can remove the element, which answers nothing.
    const removal = new MutationObserver(() => {
      if (!anchor.isConnected) finish(cancelId)
    })
    removal.observe(document, { childList: true, subtree: true })
    document.documentElement.append(anchor)
    dialog.showModal()
    if (input === undefined) shown[defaultId]?.focus()
    else field.focus()
  })
}

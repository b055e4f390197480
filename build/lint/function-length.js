/**
 * ESLint rule: a function is at most `max` lines long, without the lines of the functions inside it. A factory that
 * returns ten small functions is a room and not a long function; the rule of the file's length holds it.
 */
export const functionLength = {
  meta: {
    type: 'suggestion',
    schema: [{ type: 'object', properties: { max: { type: 'integer' } }, required: ['max'] }],
    messages: { tooLong: 'This function has {{count}} lines of its own. Maximum allowed is {{max}}.' },
  },
  create(context) {
    const { max } = context.options[0]
    const open = []
    const linesOf = ({ loc }) => loc.end.line - loc.start.line + 1
    return {
      ':function'() {
        open.push({ inner: 0 })
      },
      ':function:exit'(node) {
        const count = linesOf(node) - open.pop().inner
        const outer = open.at(-1)
        if (outer) outer.inner += linesOf(node) - 1 // the line on which it begins is the outer one's too
        if (count > max) context.report({ node, messageId: 'tooLong', data: { count, max } })
      },
    }
  },
}

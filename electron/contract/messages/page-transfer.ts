import type { Message } from '../../messages/message.ts'

/** What the page says about how bytes go: parts, speed, the limit. */
export const transferMessages = {
  'parts.title': ['Parts', '分片', '分片'],
  'parts.how-many': [
    '{count, plural, one {# part} other {# parts}} of {partBytes}',
    '{count, number} 片，每片 {partBytes}',
    '{count, number} 片，每片 {partBytes}',
  ],
  'parts.whole': ['in one piece', '整体发送', '整體傳送'],
  'parts.label': [
    '{sent, number} of {total, plural, one {# part} other {# parts}} sent{flying, plural, =0 {} other {, # in flight}}{again, plural, =0 {} one {, # was sent again} other {, # were sent again}}',
    '已发送 {sent, number} / {total, number} 片{flying, plural, =0 {} other {，# 片传输中}}{again, plural, =0 {} other {，# 片曾重新发送}}',
    '已傳送 {sent, number} / {total, number} 片{flying, plural, =0 {} other {，# 片傳輸中}}{again, plural, =0 {} other {，# 片曾重新傳送}}',
  ],
  'parts.label-whole': [
    'In one piece, {movedBytes} of {totalBytes} out',
    '整体发送，已发出 {movedBytes} / {totalBytes}',
    '整體傳送，已送出 {movedBytes} / {totalBytes}',
  ],
  'parts.sent': ['{count, number} sent', '已发送 {count, number}', '已傳送 {count, number}'],
  'parts.before': ['{count, number} sent before', '此前已发送 {count, number}', '先前已傳送 {count, number}'],
  'parts.flying': ['{count, number} in flight', '传输中 {count, number}', '傳輸中 {count, number}'],
  'parts.asking': [
    '{count, plural, one {# waits} other {# wait}} for an address',
    '等待地址 {count, number}',
    '等待位址 {count, number}',
  ],
  'parts.waiting': ['{count, number} waiting', '等待中 {count, number}', '等待中 {count, number}'],
  'parts.again': ['{count, number} sent again', '曾重新发送 {count, number}', '曾重新傳送 {count, number}'],
  'part.w': ['waiting', '等待中', '等待中'],
  'part.u': ['waits for its address', '等待地址', '等待位址'],
  'part.f': ['in flight', '传输中', '傳輸中'],
  'part.s': ['sent', '已发送', '已傳送'],
  'part.b': ['sent before this run', '此前已发送', '先前已傳送'],
  'part.one': [
    'Part {number, number}: {state}',
    '第 {number, number} 片：{state}',
    '第 {number, number} 片：{state}',
  ],
  'part.one-flying': [
    'Part {number, number}: {movedBytes} of {partBytes} out',
    '第 {number, number} 片：已发出 {movedBytes} / {partBytes}',
    '第 {number, number} 片：已送出 {movedBytes} / {partBytes}',
  ],
  'part.again': ['{words}, its bytes went out more than once', '{words}，曾重新发送', '{words}，曾重新傳送'],

  'speed.title': ['Speed', '速度', '速度'],
  'speed.label': [
    'Speed over {span} of sending: {nowBytes}/s now, {meanBytes}/s on average, {mostBytes}/s at most',
    '发送 {span} 内的速度：当前 {nowBytes}/s，平均 {meanBytes}/s，最高 {mostBytes}/s',
    '傳送 {span} 內的速度：目前 {nowBytes}/s，平均 {meanBytes}/s，最高 {mostBytes}/s',
  ],
  'speed.span': ['{span} of sending', '发送 {span}', '傳送 {span}'],
  'speed.mean': ['{meanBytes}/s on average', '平均 {meanBytes}/s', '平均 {meanBytes}/s'],
  'span.seconds': ['{count, number} s', '{count, number} 秒', '{count, number} 秒'],
  'span.minutes': ['{count, number} min', '{count, number} 分钟', '{count, number} 分鐘'],
  'span.hours': ['{count, number} h', '{count, number} 小时', '{count, number} 小時'],

  'limit.title': ['Speed limit', '限速', '限速'],
  'limit.none': ['No limit', '不限速', '不限速'],
  'limit.own': ['Own value', '自定义', '自訂'],
  'limit.own-label': ['Own limit in MB/s', '自定义限速（MB/s）', '自訂限速（MB/s）'],
  'limit.button': ['Speed limit: {limit}', '限速：{limit}', '限速：{limit}'],
  'limit.at-most': ['at most {limit}', '上限 {limit}', '上限 {limit}'],
  'limit.range': [
    'A number from {least} to {most}, please.',
    '请输入 {least} 到 {most} 之间的数字。',
    '請輸入 {least} 到 {most} 之間的數字。',
  ],
  'limit.streams': [
    '{inUse, plural, one {# connection} other {# connections}} in use, up to {limit, number} at the moment',
    '正在使用 {inUse, number} 个连接，目前最多 {limit, number} 个',
    '正在使用 {inUse, number} 個連線，目前最多 {limit, number} 個',
  ],

  'settings.speed-limit-note': [
    'MB/s over all files; leave it empty for no limit.',
    '所有文件合计（MB/s）；留空则不限速。',
    '所有檔案合計（MB/s）；留空則不限速。',
  ],
  'settings.streams': ['Most connections', '最大连接数', '最大連線數'],
  'settings.streams-note': [
    'Sending finds out how many pay off and never takes more than this.',
    '发送时会自动找到合适的数量，且不会超过此值。',
    '傳送時會自動找到合適的數量，且不會超過此值。',
  ],
} as const satisfies Record<string, Message>

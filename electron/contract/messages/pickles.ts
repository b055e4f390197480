import type { Message } from '../../messages/message.ts'

/** Files that can run code when they are loaded: what was found without loading them, and what to do. */
export const pickleFailures = {
  'failure.file-placeholder': [
    'This file is only in the cloud drive, not on this computer. Let the drive fetch it (“always keep on this device”), then try again.',
    '此文件仅在云盘中，不在本机上。请让云盘下载它（“始终保留在此设备上”）后重试。',
    '此檔案僅在雲端硬碟中，不在本機上。請讓雲端硬碟下載它（「永遠保留在此裝置上」）後重試。',
  ],
  'failure.file-part-missing': [
    'This file is one part of a model, and {missing} is missing beside it. Nothing was sent. Put it there, then try again.',
    '此文件是某个模型的一部分，但旁边缺少 {missing}。未发送任何内容。请将其放回后重试。',
    '此檔案是某個模型的一部分，但旁邊缺少 {missing}。未傳送任何內容。請將其放回後重試。',
  ],
  'failure.file-weights-apart': [
    'It keeps weights in {name}, which would not be sent along, and it does not load without them. Save the model anew with all its weights in one file called {wanted} beside it, then try again.',
    '它的权重保存在 {name} 中，该文件不会一同发送，而缺少它就无法加载。请重新保存模型，将所有权重存入旁边一个名为 {wanted} 的文件，然后重试。',
    '它的權重儲存在 {name} 中，該檔案不會一同傳送，而缺少它就無法載入。請重新儲存模型，將所有權重存入旁邊一個名為 {wanted} 的檔案，然後重試。',
  ],
  'failure.file-suspicious': [
    'It would load {imports}, which a model doesn’t need. It was not opened, and nothing was sent. Upload it only if you trust where it comes from.',
    '它会加载模型并不需要的 {imports}。文件未被打开，也未发送任何内容。仅在信任其来源时才上传。',
    '它會載入模型並不需要的 {imports}。檔案未被開啟，也未傳送任何內容。僅在信任其來源時才上傳。',
  ],
  'failure.file-dangerous': [
    'Dangerous: it would run {imports} and could take over the computer of whoever loads it. Nothing was sent. Don’t share it unless you made it yourself; ask for a safetensors file instead.',
    '危险：它会执行 {imports}，可能控制加载者的计算机。未发送任何内容。除非是您自己制作的，否则请勿分享；请索取 safetensors 文件。',
    '危險：它會執行 {imports}，可能控制載入者的電腦。未傳送任何內容。除非是您自己製作的，否則請勿分享；請索取 safetensors 檔案。',
  ],
  'failure.file-not-scanned': [
    'This file can run code when it is loaded, and it could not be looked through: {problem}. Nothing was sent. Upload it only if you trust where it comes from.',
    '此文件在加载时可能运行代码，且无法检查其内容：{problem}。未发送任何内容。仅在信任其来源时才上传。',
    '此檔案在載入時可能執行程式碼，且無法檢查其內容：{problem}。未傳送任何內容。僅在信任其來源時才上傳。',
  ],
  'failure.file-look-late': [
    'Two minutes were not enough to look through this file, so nobody knows whether it is sound. Nothing was sent. Try again; if it stays so, don’t trust it unless you know where it comes from.',
    '两分钟内未能检查完此文件，因此无法确定它是否完好。未发送任何内容。请重试；若仍如此，除非清楚其来源，否则请勿信任它。',
    '兩分鐘內未能檢查完此檔案，因此無法確定它是否完好。未傳送任何內容。請重試；若仍如此，除非清楚其來源，否則請勿信任它。',
  ],
} as const satisfies Record<string, Message>

export const pickleMessages = {
  'remedy.allow': ['Upload anyway', '仍然上传', '仍然上傳'],
  'remedy.allow-danger': ['Upload despite the danger', '不顾危险上传', '不顧危險上傳'],
  'pickle.level': [
    '{level, select, dangerous {dangerous} suspicious {not needed by a model} other {harmless}}',
    '{level, select, dangerous {危险} suspicious {模型不需要} other {无害}}',
    '{level, select, dangerous {危險} suspicious {模型不需要} other {無害}}',
  ],
} as const satisfies Record<string, Message>

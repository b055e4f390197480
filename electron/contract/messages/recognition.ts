import type { Message } from '../../messages/message.ts'

/** A type of model as a person calls it; types of one's own stand as they are. Parts of the sentences below. */
const types = [
  `{type, select,
    checkpoints {an all-in-one checkpoint}
    diffusion_models {a diffusion model}
    loras {a LoRA}
    vae {a VAE}
    vae_approx {a preview VAE}
    text_encoders {a text encoder}
    clip_vision {an image encoder}
    controlnet {a ControlNet}
    ipadapter {an IP-Adapter}
    style_models {a style model}
    embeddings {an embedding}
    upscale_models {an upscaler}
    audio_encoders {an audio encoder}
    other {“{type}”}
  }`,
  `{type, select,
    checkpoints {整合型大模型}
    diffusion_models {扩散模型}
    loras {LoRA}
    vae {VAE}
    vae_approx {预览用 VAE}
    text_encoders {文本编码器}
    clip_vision {图像编码器}
    controlnet {ControlNet}
    ipadapter {IP-Adapter}
    style_models {风格模型}
    embeddings {嵌入}
    upscale_models {放大模型}
    audio_encoders {音频编码器}
    other {“{type}”}
  }`,
  `{type, select,
    checkpoints {整合型大模型}
    diffusion_models {擴散模型}
    loras {LoRA}
    vae {VAE}
    vae_approx {預覽用 VAE}
    text_encoders {文字編碼器}
    clip_vision {影像編碼器}
    controlnet {ControlNet}
    ipadapter {IP-Adapter}
    style_models {風格模型}
    embeddings {嵌入}
    upscale_models {放大模型}
    audio_encoders {音訊編碼器}
    other {「{type}」}
  }`,
] as const

const base = [
  '{base, select, none {} other { ({base})}}',
  '{base, select, none {} other {（{base}）}}',
  '{base, select, none {} other {（{base}）}}',
] as const

export const recognitionMessages = {
  'reason.header': [
    `Its tensors are named like those of ${types[0]}${base[0]}: {evidence}.`,
    `其张量名称符合${types[1]}${base[1]}：{evidence}。`,
    `其張量名稱符合${types[2]}${base[2]}：{evidence}。`,
  ],
  'reason.header-and-folder': [
    `Its tensors are named like those of ${types[0]}${base[0]}: {evidence}. Its folder {folder} says the same.`,
    `其张量名称符合${types[1]}${base[1]}：{evidence}。所在文件夹 {folder} 也与之一致。`,
    `其張量名稱符合${types[2]}${base[2]}：{evidence}。所在資料夾 {folder} 也與之一致。`,
  ],
  'reason.header-and-finer-folder': [
    `It lies in the folder {folder}, which says more than its tensors can ({evidence}): it counts as ${types[0]}${base[0]}.`,
    `它位于文件夹 {folder}，这比其张量（{evidence}）更能说明用途：视为${types[1]}${base[1]}。`,
    `它位於資料夾 {folder}，這比其張量（{evidence}）更能說明用途：視為${types[2]}${base[2]}。`,
  ],
  'reason.header-over-folder': [
    `It lies in the folder {folder}, but its tensors are named like those of ${types[0]}${base[0]}: {evidence}. The tensors count.`,
    `它位于文件夹 {folder}，但其张量名称符合${types[1]}${base[1]}：{evidence}。以张量为准。`,
    `它位於資料夾 {folder}，但其張量名稱符合${types[2]}${base[2]}：{evidence}。以張量為準。`,
  ],
  'reason.folder': [
    `It lies in the folder {folder}, so it counts as ${types[0]}. Nothing in the file itself says what it is.`,
    `它位于文件夹 {folder}，因此视为${types[1]}。文件本身未说明其类型。`,
    `它位於資料夾 {folder}，因此視為${types[2]}。檔案本身未說明其類型。`,
  ],
  'reason.name': [
    `“{hint}” in its name suggests ${types[0]}. Nothing else says what it is, so check the type.`,
    `名称中的“{hint}”表明它可能是${types[1]}。没有其他依据，请核对类型。`,
    `名稱中的「{hint}」表明它可能是${types[2]}。沒有其他依據，請核對類型。`,
  ],
  'reason.pytorch': [
    'A PyTorch file is never opened here, because opening it can run code; neither its folder nor its name says what it is. Choose the type.',
    '打开 PyTorch 文件可能会运行代码，因此这里不会打开它；其文件夹和名称也未说明类型。请选择类型。',
    '開啟 PyTorch 檔案可能會執行程式碼，因此這裡不會開啟它；其資料夾和名稱也未說明類型。請選擇類型。',
  ],
  'reason.pytorch-folder': [
    `A PyTorch file is never opened here, because opening it can run code. It lies in the folder {folder}, so it counts as ${types[0]}.`,
    `打开 PyTorch 文件可能会运行代码，因此这里不会打开它。它位于文件夹 {folder}，因此视为${types[1]}。`,
    `開啟 PyTorch 檔案可能會執行程式碼，因此這裡不會開啟它。它位於資料夾 {folder}，因此視為${types[2]}。`,
  ],
  'reason.pytorch-name': [
    `A PyTorch file is never opened here, because opening it can run code. “{hint}” in its name suggests ${types[0]}, so check the type.`,
    `打开 PyTorch 文件可能会运行代码，因此这里不会打开它。名称中的“{hint}”表明它可能是${types[1]}，请核对类型。`,
    `開啟 PyTorch 檔案可能會執行程式碼，因此這裡不會開啟它。名稱中的「{hint}」表明它可能是${types[2]}，請核對類型。`,
  ],
  'reason.unknown': [
    'Neither the file, its folder nor its name says what it is. It can be sent all the same; choose the type.',
    '文件内容、文件夹和名称均未说明其类型。仍可发送，请选择类型。',
    '檔案內容、資料夾和名稱均未說明其類型。仍可傳送，請選擇類型。',
  ],

  'skipped.junk': [
    'A helper file of the system or of a program, not a model',
    '系统或程序的辅助文件，不是模型',
    '系統或程式的輔助檔案，不是模型',
  ],
  'skipped.sidecar': [
    'Describes a model beside it: shown with that model, not sent',
    '是旁边模型的说明：随该模型显示，不会发送',
    '是旁邊模型的說明：隨該模型顯示，不會傳送',
  ],
  'skipped.queued': ['Already in the queue', '已在队列中', '已在佇列中'],
  'skipped.not-a-model': ['Not a model file', '不是模型文件', '不是模型檔案'],
  'skipped.loop': [
    'A link that leads back to a folder above it',
    '指回上级文件夹的链接',
    '指回上層資料夾的連結',
  ],
  'skipped.duplicate': [
    'The same file as another one in what was added',
    '与已添加的另一个文件是同一文件',
    '與已新增的另一個檔案是同一檔案',
  ],
  'skipped.outside-models': [
    'A folder of ComfyUI that holds no models',
    'ComfyUI 中不存放模型的文件夹',
    'ComfyUI 中不存放模型的資料夾',
  ],
  'skipped.downloading': [
    'Still being downloaded; add it again once it is complete',
    '仍在下载中；下载完成后请再次添加',
    '仍在下載中；下載完成後請再次新增',
  ],
  'skipped.placeholder': [
    'Only in the cloud drive, not on this computer; let the drive fetch it first',
    '仅在云盘中，不在本机上；请先让云盘下载它',
    '僅在雲端硬碟中，不在本機上；請先讓雲端硬碟下載它',
  ],

  'skipped.no-workflow': [
    'No ComfyUI workflow is in it, and it is no model: not sent',
    '其中没有 ComfyUI 工作流，也不是模型：未发送',
    '其中沒有 ComfyUI 工作流程，也不是模型：未傳送',
  ],
  'skipped.workflow-unread': [
    'Looking for a workflow in it took too long: not sent. Add it again by itself',
    '在其中查找工作流耗时过长：未发送。请单独重新添加',
    '在其中尋找工作流程耗時過長：未傳送。請單獨重新加入',
  ],
  'skipped.too-many-workflows': [
    'Not opened: 20 workflows at once are the most. Add it again by itself',
    '未打开：一次最多 20 个工作流。请单独重新添加',
    '未開啟：一次最多 20 個工作流程。請單獨重新加入',
  ],
  'skipped.no-model-folders': [
    'It names no folders of models, and is no model: not sent',
    '其中没有指定模型文件夹，也不是模型：未发送',
    '其中沒有指定模型資料夾，也不是模型：未傳送',
  ],

  'path.empty': [
    'A path is needed, such as models/loras/name.safetensors.',
    '需要填写路径，例如 models/loras/name.safetensors。',
    '需要填寫路徑，例如 models/loras/name.safetensors。',
  ],
  'path.starts-with-slash': [
    'Leave out the slash at the beginning: the path starts inside the library.',
    '请去掉开头的斜杠：路径从资料库内部算起。',
    '請去掉開頭的斜線：路徑從資料庫內部算起。',
  ],
  'path.two-dots': [
    'Two dots in a row aren’t taken, not even inside a name.',
    '不能出现连续两个点，名称内部也不行。',
    '不能出現連續兩個點，名稱內部也不行。',
  ],
  'path.backslash': [
    'Separate folders with / instead of \\.',
    '请用 / 而不是 \\ 分隔文件夹。',
    '請用 / 而不是 \\ 分隔資料夾。',
  ],
  'path.characters': [
    'The server takes letters from A to Z, digits, spaces, and _ . - / only. Leave out: {characters}',
    '服务器只接受英文字母、数字、空格以及 _ . - /。请去掉：{characters}',
    '伺服器只接受英文字母、數字、空格以及 _ . - /。請去掉：{characters}',
  ],
  'path.empty-folder': [
    'A folder between two slashes has no name.',
    '两个斜杠之间的文件夹没有名称。',
    '兩個斜線之間的資料夾沒有名稱。',
  ],
  'path.ends-with-slash': [
    'The path ends with a folder: add the file’s name behind the last slash.',
    '路径以文件夹结尾：请在最后一个斜杠后添加文件名。',
    '路徑以資料夾結尾：請在最後一個斜線後新增檔案名稱。',
  ],
} as const satisfies Record<string, Message>

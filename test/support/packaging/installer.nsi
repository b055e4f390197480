; A minimal installer around build/installer.nsh, to compile the Windows script on other systems. Like
; electron-builder it is compiled twice, with and without BUILD_UNINSTALLER. electron-builder defines:
!define APP_EXECUTABLE_FILENAME "Modelferry.exe"
Unicode true
Name "Modelferry"
OutFile "${OUT}"
InstallDir "$LOCALAPPDATA\Programs\modelferry"
RequestExecutionLevel user
!include LogicLib.nsh
!include FileFunc.nsh
!ifdef BUILD_UNINSTALLER
  !insertmacro un.GetParameters
  !insertmacro un.GetOptions
!endif
!macro _isUpdated _a _b _t _f
  StrCmp "$R9" "true" `${_t}` `${_f}`
!macroend
!define isUpdated `"" isUpdated ""`
!include "${SCRIPT}"
Section
  !insertmacro customInstall
  !ifdef BUILD_UNINSTALLER
    WriteUninstaller "$INSTDIR\uninstall.exe"
  !endif
SectionEnd
!ifdef BUILD_UNINSTALLER
  Function un.onInit
    !insertmacro customUnInit
  FunctionEnd
  Section "un.install"
    !insertmacro customUnInstall
  SectionEnd
!endif

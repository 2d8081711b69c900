@echo off
rem Puts Drumlin where your hosts look for plugins, and the program beside other programs of yours.
setlocal
set "here=%~dp0"
set "common=%LOCALAPPDATA%\Programs\Common"
set "programs=%LOCALAPPDATA%\Programs\Drumlin"
if not exist "%common%\CLAP" mkdir "%common%\CLAP"
if not exist "%common%\VST3" mkdir "%common%\VST3"
if not exist "%programs%" mkdir "%programs%"
copy /y "%here%Drumlin.clap" "%common%\CLAP\" >nul || goto failed
xcopy /e /i /y /q "%here%Drumlin.vst3" "%common%\VST3\Drumlin.vst3" >nul || goto failed
copy /y "%here%drumlin.exe" "%programs%\" >nul || goto failed
echo Drumlin is installed. Have your host look for new plugins, then see manual.md.
echo The program is "%programs%\drumlin.exe".
pause
exit /b 0
:failed
echo Drumlin could not be installed. Is a host running that has it loaded? Close it and try again.
pause
exit /b 1

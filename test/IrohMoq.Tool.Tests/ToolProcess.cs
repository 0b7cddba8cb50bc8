using System.Diagnostics;
using System.Text.Json;

namespace IrohMoq.Tool.Tests;

/// <summary>The moq command as a process of its own, as a user runs it.</summary>
internal sealed class ToolProcess : IDisposable
{
    // A process that runs in the background of a script, as these tests may do, ignores the signals of the keyboard, and so would the tool.
    private const string DefaultSignals = "--default-signal=HUP,INT,QUIT,TERM";

    private readonly Process _process;
    private readonly Task<string> _errors;

    public ToolProcess(params string[] arguments)
        : this(new ProcessStartInfo("env", [DefaultSignals, "dotnet", Program, .. arguments]))
    {
    }

    private ToolProcess(ProcessStartInfo start)
    {
        start.RedirectStandardInput = true;
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        _process = Process.Start(start)!;
        _errors = _process.StandardError.ReadToEndAsync();
    }

    /// <summary>Gets the file of the program.</summary>
    public static string Program { get; } = Path.Combine(AppContext.BaseDirectory, "moq.dll");

    public StreamWriter Input => _process.StandardInput;

    public StreamReader Output => _process.StandardOutput;

    /// <summary>Starts a script of bash, in which $MOQ is the command and $1 and so on are the arguments.</summary>
    public static ToolProcess Bash(string script, params string[] arguments)
    {
        var start = new ProcessStartInfo("env", [DefaultSignals, "bash", "-c", script, "bash", .. arguments]);
        start.Environment["MOQ"] = $"dotnet {Program}";
        start.Environment["TERM"] = "dumb";
        return new ToolProcess(start);
    }

    /// <summary>Reads JSON lines until the event with this name.</summary>
    public async Task<JsonElement> ExpectAsync(string name, CancellationToken token)
    {
        while (await _process.StandardOutput.ReadLineAsync(token) is { } line)
        {
            var json = JsonDocument.Parse(line).RootElement;
            if (json.GetProperty("event").GetString() == name)
                return json;
        }

        throw new InvalidOperationException($"The tool ended without '{name}'. Its errors: {await _errors}");
    }

    /// <summary>Reads a line of the output, or null at its end.</summary>
    public async Task<string?> ReadLineAsync(CancellationToken token) => await _process.StandardOutput.ReadLineAsync(token);

    /// <summary>Returns the rest of the output, and how the process ended.</summary>
    public async Task<(int Code, string Output, string Errors)> EndAsync(CancellationToken token)
    {
        _process.StandardInput.Close();
        var output = await _process.StandardOutput.ReadToEndAsync(token);
        await _process.WaitForExitAsync(token);
        return (_process.ExitCode, output, await _errors);
    }

    /// <summary>Waits for the end of the process, although its standard input stays open and its output is not read.</summary>
    public async Task WaitAsync(CancellationToken token) => await _process.WaitForExitAsync(token);

    public void Interrupt() => Signal("INT");

    public void Signal(string name) => Process.Start("kill", [$"-{name}", $"{_process.Id}"]).WaitForExit();

    /// <summary>Kills the process as a power failure would, and waits for its end.</summary>
    public async Task KillAsync(CancellationToken token)
    {
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync(token);
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        _process.Dispose();
    }
}

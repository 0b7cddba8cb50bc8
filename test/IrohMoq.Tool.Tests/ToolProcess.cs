using System.Diagnostics;
using System.Text.Json;

namespace IrohMoq.Tool.Tests;

/// <summary>The moq command as a process of its own, as a user runs it.</summary>
internal sealed class ToolProcess : IDisposable
{
    private readonly Process _process;
    private readonly Task<string> _errors;

    public ToolProcess(params string[] arguments)
    {
        var program = Path.Combine(AppContext.BaseDirectory, "moq.dll");
        _process = Process.Start(new ProcessStartInfo("dotnet", [program, .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        _errors = _process.StandardError.ReadToEndAsync();
    }

    public StreamWriter Input => _process.StandardInput;

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

    public void Interrupt() => Process.Start("kill", ["-INT", $"{_process.Id}"]).WaitForExit();

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

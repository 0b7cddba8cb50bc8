using System.Threading.Channels;

namespace IrohMoq.Tool.Tests;

/// <summary>Waits for changes of the files of a folder.</summary>
internal sealed class FolderChanges : IDisposable
{
    private readonly FileSystemWatcher _watcher;
    private readonly Channel<string?> _changes = Channel.CreateUnbounded<string?>();

    public FolderChanges(string folder)
    {
        _watcher = new FileSystemWatcher(folder) { NotifyFilter = NotifyFilters.Size | NotifyFilters.FileName };
        _watcher.Created += (_, change) => _changes.Writer.TryWrite(change.Name);
        _watcher.Changed += (_, change) => _changes.Writer.TryWrite(change.Name);
        _watcher.EnableRaisingEvents = true;
    }

    /// <summary>Waits until a condition holds, which is evaluated after each change.</summary>
    public async Task WaitAsync(Func<bool> condition, CancellationToken token)
    {
        while (!condition())
            await _changes.Reader.ReadAsync(token);
    }

    public void Dispose() => _watcher.Dispose();
}

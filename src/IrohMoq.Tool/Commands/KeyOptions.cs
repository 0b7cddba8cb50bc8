using System.CommandLine;
using IrohMoq.Reactive;
using IrohMoq.Reactive.Time;
using IrohMoq.Tool.Streams;

namespace IrohMoq.Tool.Commands;

/// <summary>Defines the options for the key of this peer.</summary>
internal sealed class KeyOptions
{
    public Option<string?> File { get; } = new("--secret-key")
    {
        Description = "The key file; created if it is missing. Without it the peer has a fresh identity at each start.",
        HelpName = "FILE",
    };

    public Option<string?> Variable { get; } = new("--secret-key-env")
    {
        Description = "The environment variable that contains the key, for example of a container whose key file cannot have mode 600.",
        HelpName = "NAME",
    };

    /// <summary>Throws an exception if the options contradict each other.</summary>
    /// <param name="words">The command line.</param>
    /// <param name="files">The files that the command reads or writes, each with its option.</param>
    /// <exception cref="UsageException">The options contradict each other.</exception>
    public void Check(ParseResult words, params IEnumerable<(string Option, string? Path)> files)
    {
        var key = words.GetValue(File);
        if (key is not null && words.GetValue(Variable) is not null)
            throw new UsageException("--secret-key and --secret-key-env exclude each other");
        if (key is null)
            return;
        if (key.Length == 0)
            throw new UsageException("--secret-key takes the path of a file; it is empty");
        foreach (var (option, path) in files)
        {
            if (path is { Length: > 0 } and not "-" && FileStatus.AreSame(path, key))
                throw new UsageException($"{option} and --secret-key name the same file");
        }
    }

    /// <summary>Returns the key that the command line specifies, or a new one.</summary>
    /// <param name="words">The command line.</param>
    /// <param name="time">The maximum time, which a FIFO that no process writes would exceed, or null for no limit.</param>
    /// <param name="cancellationToken">The token that cancels the operation.</param>
    /// <exception cref="TimeoutException">The time has elapsed.</exception>
    public async Task<SecretKey> LoadAsync(ParseResult words, TimeSpan? time, CancellationToken cancellationToken)
    {
        var key = await ReadAsync(words, time, cancellationToken).ConfigureAwait(false);
        if (words.GetValue(File) is { } path && !KeyLock.TryAcquire(path))
            Console.Error.WriteLine($"moq: another process uses the key file '{path}' as well: peers take both for one and the same");
        return key;
    }

    /// <summary>Returns the key as <see cref="LoadAsync(ParseResult, TimeSpan?, CancellationToken)"/> does, but does not use it.</summary>
    public async Task<SecretKey> ReadAsync(ParseResult words, TimeSpan? time, CancellationToken cancellationToken)
    {
        if (words.GetValue(Variable) is { } name)
            return FromVariable(name);
        return words.GetValue(File) is { } path
            ? await LoadAsync(path, time, cancellationToken).ConfigureAwait(false)
            : SecretKey.Generate();
    }

    /// <summary>Determines whether the command line specifies a key.</summary>
    public bool AreGiven(ParseResult words) => words.GetValue(File) is not null || words.GetValue(Variable) is not null;

    private static async Task<SecretKey> LoadAsync(string path, TimeSpan? time, CancellationToken cancellationToken)
    {
        using var limit = ThreadPoolRuntime.Instance.Limit(time ?? Timeout.InfiniteTimeSpan, cancellationToken);
        try
        {
            return await BackgroundCall.RunAsync(() => Load(path), limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException expired) when (limit.IsExpired)
        {
            throw new TimeoutException($"timed out after {time?.TotalSeconds} s while reading the key file '{path}'", expired);
        }
    }

    private static SecretKey Load(string path)
    {
        try
        {
            return SecretKey.LoadOrCreate(path);
        }
        catch (UnauthorizedAccessException refused) when (refused.Message.Contains("chmod", StringComparison.Ordinal))
        {
            throw new UnauthorizedAccessException($"{refused.Message} (or, if it is mounted: --secret-key-env)", refused);
        }
    }

    private static SecretKey FromVariable(string name)
    {
        if (Environment.GetEnvironmentVariable(name) is not { } text)
            throw new UsageException($"--secret-key-env: there is no environment variable '{name}'");
        try
        {
            return SecretKey.Parse(text.Trim());
        }
        catch (FormatException malformed)
        {
            throw new InvalidDataException($"--secret-key-env: the variable '{name}' contains no key. {malformed.Message}", malformed);
        }
    }
}

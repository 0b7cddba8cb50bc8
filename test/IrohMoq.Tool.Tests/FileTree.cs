using System.Diagnostics;
using System.Runtime.Versioning;
using System.Security.Cryptography;

namespace IrohMoq.Tool.Tests;

/// <summary>Creates, describes and watches folders for tests of file transfers.</summary>
internal static class FileTree
{
    /// <summary>Creates a folder with files and folders of many kinds.</summary>
    public static void Create(string folder)
    {
        Write(folder, "large.bin", RandomNumberGenerator.GetBytes(20_000_003));
        Write(folder, "empty", []);
        Write(folder, "one byte", [7]);
        Write(folder, "exactly a frame", RandomNumberGenerator.GetBytes((256 << 10) - 1));
        Write(folder, "sub/deeper/ünï cödé 文.txt", "hello"u8.ToArray());
        Write(folder, "sub/-rf *", "option"u8.ToArray());
        Write(folder, "run.sh", "#!/bin/sh\n"u8.ToArray());
        Directory.CreateDirectory(Path.Combine(folder, "an empty folder/in another"));
        Run("chmod", "+x", Path.Combine(folder, "run.sh"));
        File.SetLastWriteTimeUtc(Path.Combine(folder, "run.sh"), new DateTime(2001, 2, 3, 4, 5, 6, DateTimeKind.Utc));
    }

    public static string Write(string folder, string path, byte[] bytes)
    {
        var full = Path.Combine(folder, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllBytes(full, bytes);
        return full;
    }

    /// <summary>Creates a file of zeros that takes no space on the disk.</summary>
    public static string WriteSparse(string folder, string path, long size)
    {
        var full = Write(folder, path, []);
        using var file = File.OpenHandle(full, FileMode.Open, FileAccess.Write);
        RandomAccess.SetLength(file, size);
        return full;
    }

    /// <summary>Returns a line for each file and folder: its path and, of a file, its hash, time and permission to execute.</summary>
    [UnsupportedOSPlatform("windows")]
    public static IReadOnlyList<string> Describe(string folder)
    {
        var entries = Directory.EnumerateFileSystemEntries(folder, "*", SearchOption.AllDirectories);
        return [.. entries.Select(path => DescribeOne(folder, path)).Order(StringComparer.Ordinal)];
    }

    public static void Run(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        process.WaitForExit();
        Assert.That(process.ExitCode, Is.Zero, $"{program} {string.Join(' ', arguments)}");
    }

    /// <summary>Returns a task that completes when a file with this end of its name is written below a folder.</summary>
    public static async Task WhenWrittenAsync(string folder, string nameEnd, CancellationToken token)
    {
        var written = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var watcher = new FileSystemWatcher(folder, $"*{nameEnd}") { IncludeSubdirectories = true };
        watcher.Changed += (_, e) => Check(e.FullPath);
        watcher.Created += (_, e) => Check(e.FullPath);
        watcher.EnableRaisingEvents = true;
        foreach (var file in Directory.EnumerateFiles(folder, $"*{nameEnd}", SearchOption.AllDirectories))
            Check(file);
        await written.Task.WaitAsync(token);

        void Check(string file)
        {
            if (new FileInfo(file) is { Exists: true, Length: > 0 })
                written.TrySetResult();
        }
    }

    [UnsupportedOSPlatform("windows")]
    private static string DescribeOne(string folder, string path)
    {
        var name = Path.GetRelativePath(folder, path);
        if (Directory.Exists(path))
            return $"{name} folder";
        var isExecutable = File.GetUnixFileMode(path).HasFlag(UnixFileMode.UserExecute);
        using var file = File.OpenRead(path);
        return $"{name} {Convert.ToHexStringLower(SHA256.HashData(file))} {File.GetLastWriteTimeUtc(path):O} {isExecutable}";
    }
}

using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using IrohMoq.Tool.Sources;

namespace IrohMoq.Tool.Tests;

/// <summary>How input is cut into frames and groups.</summary>
public class StreamSourceTests
{
    private const int LongestLine = 32 << 20;

    [TestCase("a\nbb\n\nc", "a\n|bb\n|\n|c")]
    [TestCase("a\r\nb\r\n", "a\r\n|b\r\n")]
    [TestCase("", "")]
    public async Task Lines_KeepTheirEnds(string input, string frames)
    {
        foreach (var pieces in (int[])[1, 2, 1000])
            Assert.That(string.Join('|', await ReadAsync(Pieces(input, pieces), null, isExact: false)), Is.EqualTo(frames));
    }

    [Test]
    public async Task ExactFrames_WaitUntilTheyAreFull() =>
        Assert.That(await ReadAsync(Pieces("abcdefgh", 2), 3, isExact: true), Is.EqualTo(new[] { "abc", "def", "gh" }));

    [Test]
    public async Task OtherFrames_ArePassedOnAsTheyArrive()
    {
        var pipe = new Pipe();
        using var source = new StreamSource(pipe.Reader, 1000, isExact: false, framesPerGroup: 1);
        await pipe.Writer.WriteAsync("ab"u8.ToArray());
        var frame = await source.ReadAsync(CancellationToken.None);
        Assert.That(Encoding.ASCII.GetString(frame!.Value.Payload.ToArray()), Is.EqualTo("ab"));
        var next = source.ReadAsync(CancellationToken.None);
        Assert.That(next.IsCompleted, Is.False);
        await pipe.Writer.CompleteAsync();
        Assert.That(await next, Is.Null);
    }

    [TestCase(LongestLine, true)]
    [TestCase(LongestLine + 1, false)]
    public async Task LongestLine_IsExactlyTheLongestFrame(int length, bool isAccepted)
    {
        foreach (var end in (string[])["", "\n"])
        {
            var line = new byte[length];
            Encoding.ASCII.GetBytes(end).CopyTo(line, length - end.Length);
            using var source = new StreamSource(PipeReader.Create(new ReadOnlySequence<byte>(line)), null, isExact: false, 64);
            if (isAccepted)
                Assert.That((await source.ReadAsync(CancellationToken.None))?.Payload.Length, Is.EqualTo(length));
            else
                Assert.That(async () => await source.ReadAsync(CancellationToken.None), Throws.InstanceOf<InvalidDataException>());
        }
    }

    [Test]
    public async Task Groups_BeginByFramesAndBySize()
    {
        Assert.That(await BeginningsAsync(size: 1, length: 5, framesPerGroup: 2), Is.EqualTo(new[] { 0, 2, 4 }));
        Assert.That(await BeginningsAsync(size: 10 << 20, length: 50 << 20, framesPerGroup: 64), Is.EqualTo(new[] { 0, 3 }));
    }

    private static async Task<List<int>> BeginningsAsync(int size, int length, int framesPerGroup)
    {
        using var source = new StreamSource(
            PipeReader.Create(new ReadOnlySequence<byte>(new byte[length])), size, isExact: true, framesPerGroup);
        List<int> beginnings = [];
        for (var i = 0; await source.ReadAsync(CancellationToken.None) is { } frame; i++)
        {
            if (frame.BeginsGroup)
                beginnings.Add(i);
        }

        return beginnings;
    }

    private static PipeReader Pieces(string input, int size)
    {
        var pipe = new Pipe();
        _ = WriteAsync();
        return pipe.Reader;

        async Task WriteAsync()
        {
            foreach (var piece in Encoding.ASCII.GetBytes(input).Chunk(size))
                await pipe.Writer.WriteAsync(piece);
            await pipe.Writer.CompleteAsync();
        }
    }

    private static async Task<List<string>> ReadAsync(PipeReader input, int? size, bool isExact)
    {
        using var source = new StreamSource(input, size, isExact, framesPerGroup: 2);
        List<string> frames = [];
        while (await source.ReadAsync(CancellationToken.None) is { } frame)
            frames.Add(Encoding.ASCII.GetString(frame.Payload.ToArray()));
        return frames;
    }
}

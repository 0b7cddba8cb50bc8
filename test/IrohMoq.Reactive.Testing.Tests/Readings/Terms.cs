namespace IrohMoq.Reactive.Testing.Tests.Readings;

/// <summary>What is written, and over which link.</summary>
/// <param name="Lossless">The tracks that are disturbed.</param>
/// <param name="FramesPerGroup">How many frames a group has.</param>
/// <param name="GroupSize">The payload of a group.</param>
/// <param name="WindowMiB">The connection's window, and the stream's, at most 1 MiB.</param>
/// <param name="Tracks">How many tracks are disturbed.</param>
/// <param name="Alone">
/// True if nobody else reads the disturbed tracks, so that nothing but the disturbing reader takes their groups.
/// </param>
internal readonly record struct Terms(bool Lossless, int FramesPerGroup, int GroupSize, int WindowMiB, int Tracks, bool Alone);

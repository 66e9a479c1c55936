# gnuplot -e "data='FILE'; out='FILE'" idle.gnuplot: CPU a message against idle connections.
set terminal svg size 720,420 font "sans,12" background "white"
set output out
set title "One pair in ping-pong among silent connections"
set xlabel "connections"
set ylabel "CPU of the server a message, µs"
set logscale xy
set xrange [1.5:15000]
set key left top
set grid
stats data using 1:2 nooutput
plot for [i = 0:STATS_blocks - 1] data index i using 1:2 with linespoints pt 7 ps 0.6 lw 2 title columnheader(1)
